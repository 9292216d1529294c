"""What a command's exit code says; 0 is success and anything else a bug with its traceback."""

UNANSWERED = 1
"""Some rows could not be answered, and --strict was given."""

FAILED = 1
"""What was to be proved does not hold; the table says where."""

BAD_INPUT = 2
"""What arrived cannot be used; standard error says why and what to do."""

INTERRUPTED = 130
"""Ctrl-C; what was begun is left in order."""
