"""Agreement in sentences of Wikipedia (Linzen, Dupoux & Goldberg 2016), as Gulordava et al. 2018 give it out.

A row is a sentence, the place of its verb (counted from 0), the verb's form there and its other form.
"""

from __future__ import annotations

from collections.abc import Mapping

from weft.labs.agreement.pairs import Pair
from weft.labs.agreement.verbs import number_of

COLUMNS = ("target_index", "correct", "wrong", "n_attractors", "sentence")
OPTIONAL: tuple[str, ...] = ()
ODD = "their two words are no forms of one verb, by -s"


def pair(values: Mapping[str, str]) -> Pair | None:
    """The pair of a row; where the subject stands is not told, so there is no distance.

    Raises:
        ValueError: the place is not that of the verb.
    """
    words = values["sentence"].split()
    place = int(values["target_index"])
    if not 0 <= place < len(words) or words[place] != values["correct"]:
        raise ValueError(f"word {place} (from 0) of the sentence is not {values['correct']!r}")
    if number_of(values["correct"], values["wrong"]) is None:
        return None
    return Pair(
        values["correct"],
        values["wrong"],
        prefix=" ".join(words[:place]),
        attractors=int(values["n_attractors"]),
        rest=" ".join(words[place + 1 :]),
    )
