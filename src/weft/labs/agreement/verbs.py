"""The number of an English present-tense verb, told from its two forms: the singular is the one that ends in -s."""

from __future__ import annotations

SINGULAR, PLURAL = "singular", "plural"
NUMBERS = (SINGULAR, PLURAL)
IRREGULAR = {"is": "are", "was": "were", "has": "have", "isn't": "aren't", "wasn't": "weren't", "hasn't": "haven't"}
"""Singular forms that are not the plural form with -s."""


def number_of(form: str, other: str) -> str | None:
    """``singular`` or ``plural``: the number of a verb's form, seen beside its other form; None where neither fits.

    ``number_of("chases", "chase")`` is singular, ``number_of("are", "is")`` plural.
    """
    form, other = form.lower(), other.lower()
    if _is_singular_of(form, other):
        return SINGULAR
    return PLURAL if _is_singular_of(other, form) else None


def opposite(number: str) -> str:
    """The other number."""
    return PLURAL if number == SINGULAR else SINGULAR


def _is_singular_of(singular: str, plural: str) -> bool:
    if IRREGULAR.get(singular) == plural:
        return True
    regular = {plural + "s", plural + "es"}
    if plural.endswith("y"):
        regular.add(plural[:-1] + "ies")
    return singular in regular
