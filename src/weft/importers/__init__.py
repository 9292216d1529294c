"""Models of other programs made into runs. A file is a kind, with ``make_run(files, out, settings) -> Summary``."""
