"""Numbers in words of some thirty languages, to digits."""

from __future__ import annotations

SAMPLE = RECIPE = "number-words"
RUN = "numbers"
SETTINGS = ("training.epochs=3", "training.lr=0.005")
SECONDS = 60.0
"""Training ends well after this long, on however slow a machine."""

EXAMPLES = (
    "one thousand, eight hundred and forty-two",
    "achtzehnhundertzweiundvierzig",
    "mil ochocientos cuarenta y dos",
    "tysiąc osiemset czterdzieści dwa",
)
"""One number in words, 1842; the German form is one that the sample never has."""
