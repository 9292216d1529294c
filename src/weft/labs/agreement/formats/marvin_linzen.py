"""Pairs made from templates (Marvin & Linzen 2018), compared as whole sentences, as the paper does.

A condition spells the numbers of its parts in the order of the template: ``sing_MS_MV_plur_ES``. MS and IS are the main
subject (animate, inanimate), MV and IV its verb, ES and EV those of the embedded clause or phrase, BS the subject of
the sentence around, ANPHR the reflexive pronoun. The main subject is the second word of the sentence.
"""

from __future__ import annotations

from collections.abc import Mapping

from weft.labs.agreement.pairs import Pair

COLUMNS = ("case", "condition", "grammatical", "ungrammatical")
OPTIONAL: tuple[str, ...] = ()
ODD = "their two sentences are equal"
SUBJECT = 1
"""The place of the main subject's noun, from 0."""
BETWEEN = ("prep", "subj_rel", "obj_rel_across", "obj_rel_no_comp_across", "reflexives_across")
"""Cases whose embedded noun stands between subject and verb."""
NEXT = ("obj_rel_within", "obj_rel_no_comp_within", "sent_comp")
"""Cases whose verb follows its own subject at once; the other noun stands before both."""
SIMPLE = ("simple_agrmt", "simple_reflexives", "vp_coord", "long_vp_coord")
"""Cases with one noun before the verb."""
REFLEXIVE_INSIDE = "reflexive_sent_comp"
"""The noun, its verb, the pronoun: two words on; the other noun stands before them."""


def pair(values: Mapping[str, str]) -> Pair | None:
    """The pair of a row; negative polarity items agree with no noun and have neither attractors nor distance."""
    good, bad = values["grammatical"], values["ungrammatical"]
    if good == bad:
        return None
    case = values["case"]
    attractors, distance = _attractors(case, values["condition"]), _distance(case, good, bad)
    return Pair(good, bad, attractors=attractors, distance=distance, group=case, kind=f"{case} {values['condition']}")


def _attractors(case: str, condition: str) -> int | None:
    if case.startswith(BETWEEN):
        return int(len({part for part in condition.split("_") if part in ("sing", "plur")}) == 2)
    return 0 if case.startswith((*NEXT, *SIMPLE, REFLEXIVE_INSIDE)) else None


def _distance(case: str, good: str, bad: str) -> int | None:
    """Words from the noun to the first word that differs."""
    if case.startswith(NEXT):
        return 1
    if case == REFLEXIVE_INSIDE:
        return 2
    if not case.startswith((*BETWEEN, *SIMPLE)):
        return None
    words = zip(good.split(), bad.split(), strict=False)
    return next(place for place, (one, other) in enumerate(words) if one != other) - SUBJECT
