"""BLiMP (Warstadt et al. 2020): 67 paradigms of minimal pairs, compared as whole sentences.

The paradigms of subject and verb stay apart, the others are gathered by their linguistic term.
"""

from __future__ import annotations

from collections.abc import Mapping

from weft.labs.agreement.pairs import Pair

COLUMNS = ("sentence_good", "sentence_bad", "linguistics_term", "UID")
OPTIONAL: tuple[str, ...] = ()
ODD = "their two sentences are equal"
AGREEMENT = "subject_verb_agreement"


def pair(values: Mapping[str, str]) -> Pair | None:
    """The pair of a row."""
    good, bad, term, paradigm = (values[column] for column in COLUMNS)
    if good == bad:
        return None
    return Pair(good, bad, group=f"{term}: {paradigm}" if term == AGREEMENT else term, kind=paradigm)
