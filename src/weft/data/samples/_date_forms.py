"""How Babel writes dates, piece by piece: which characters of a date are its year, its month, its day.

A *form* is what one locale does in one format. Every field of its pattern is said by Babel on its own and the pieces
are joined, so that where a field stands is known and never looked for. Together they are what ``format_date`` writes.
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import cache, cached_property
from typing import Any

from weft.data.samples._phrases import need

FORMATS = ("medium", "long", "full")
"""The names of the formats; "short" has two-digit years in most locales."""

PARTS = ("year", "month", "day")
"""What a date consists of, in the order of ISO 8601."""

_KINDS = {
    "y": "year",
    "M": "month",
    "L": "month",
    "d": "day",
    "E": "weekday",
    "e": "weekday",
    "c": "weekday",
    "G": "era",
}
"""Letters of a pattern (Unicode TR35, table of date field symbols) and what they write. No others are taken."""

_LONGEST_MONTH = 31
_UNNAMED = "M01"
"""What CLDR calls the first month of a calendar whose months have no names in a locale."""

_PROBES = (1900, 1987, 2024, 2099)

Span = tuple[int, int]
"""First character and the one behind the last."""


@dataclass(frozen=True)
class Form:
    """What a locale writes in a format.

    Attributes:
        pieces: (letters of the field, "") or ("", text between fields), from left to right.
    """

    locale: str
    format: str
    pieces: tuple[tuple[str, str], ...]

    @cached_property
    def letters(self) -> dict[str, str]:
        """The letters of each kind of field there is: "year", "month", "day", "weekday", "era"."""
        return {_KINDS[letters[0]]: letters for letters, _ in self.pieces if letters}

    def say(self, values: dict[str, int]) -> tuple[str, dict[str, Span]]:
        """The text, and the characters of each of ``PARTS`` in it.

        Args:
            values: the year, the month and the day from 1, the weekday from 0 (Monday). They need not fit each other.
        """
        said = [self._piece(letters, text, values) for letters, text in self.pieces]
        spans: dict[str, Span] = {}
        end = 0
        for (letters, _), text in zip(self.pieces, said, strict=True):
            start, end = end, end + len(text)
            if letters and _KINDS[letters[0]] in PARTS:
                spans[_KINDS[letters[0]]] = start, end
        return "".join(said), spans

    def part(self, kind: str, value: int) -> str:
        """One kind of field by itself."""
        return _said(self.locale, self.letters[kind], kind, value)

    def _piece(self, letters: str, text: str, values: dict[str, int]) -> str:
        kind = _KINDS[letters[0]] if letters else ""
        return _said(self.locale, letters, kind, values.get(kind, 0)) if letters else text


def values_of(day: date) -> dict[str, int]:
    """A date as ``Form.say`` takes it."""
    return {"year": day.year, "month": day.month, "day": day.day, "weekday": day.weekday()}


def form_of(locale: str, name: str, pattern: str) -> Form | str:
    """The form of a pattern, or why dates written by it cannot be read back or aligned: the end of "because ..."."""
    pieces = tuple(
        ("", value) if kind == "chars" else (value[0] * value[1], "")
        for kind, value in need("babel.dates").tokenize_pattern(pattern)
    )
    fields = [letters for letters, _ in pieces if letters]
    for letters in fields:
        if letters[0] not in _KINDS:
            return f"a field is none of year, month, day, weekday and era: {letters!r}"
    count = Counter(_KINDS[letters[0]] for letters in fields)
    for part in PARTS:
        if count[part] != 1:
            return f"the {part} is written {count[part]} times"
    return _unreadable(Form(locale, name, pieces)) or Form(locale, name, pieces)


def babel_form(locale: str, name: str) -> Form | str:
    """The form of Babel's own pattern for a locale, or why there is none.

    Raises:
        ConfigError: Babel is not installed.
    """
    return form_of(locale, name, str(need("babel.dates").get_date_format(name, locale=_locale(locale))))


def _unreadable(form: Form) -> str:
    """Why the dates of a form say less than the date they were made of; empty where all is well."""
    for year in _PROBES:
        text, spans = form.say({"year": year, "month": 1, "day": 1, "weekday": 0})
        shown = text[slice(*spans["year"])]
        if not shown.isdecimal() or int(shown) != year:
            return f"the year {year} is written {shown!r}"
    if text[slice(*spans["month"])] == _UNNAMED:
        return "the months have no names"
    for part, reach in (("month", 12), ("day", _LONGEST_MONTH)):
        said = [form.part(part, value) for value in range(1, reach + 1)]
        if len(set(said)) < reach:
            return f"two {part}s are written alike: {Counter(said).most_common(1)[0][0]!r}"
    if any(text != text.strip() or not unicodedata.is_normalized("NFC", text) for text in _year_of(form)):
        return "reading would change it: white space at an end, or not composed Unicode (NFC)"
    return ""


def _year_of(form: Form) -> list[str]:
    """A text with each of its months and weekdays."""
    return [
        form.say({"year": 2000, "month": month, "day": month, "weekday": month % 7})[0] for month in range(1, 12 + 1)
    ]


_DATES: dict[str, Callable[[int], date]] = {
    "year": lambda value: date(value, 1, 1),
    "month": lambda value: date(2000, value, 1),
    "day": lambda value: date(2000, 1, value),
    "weekday": lambda value: date(2001, 1, 1 + value),
    "era": lambda _: date(2000, 1, 1),
}
"""For each kind of field a date that has this value: 1 January 2001 was a Monday."""


@cache
def _said(locale: str, letters: str, kind: str, value: int) -> str:
    """A field by itself, as Babel says it."""
    return str(need("babel.dates").DateTimeFormat(_DATES[kind](value), _locale(locale))[letters])


@cache
def _locale(code: str) -> Any:
    return need("babel").Locale.parse(code)
