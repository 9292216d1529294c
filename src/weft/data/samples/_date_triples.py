"""Triples of locale, month and format: which of them can be told apart, and which are held out together."""

from __future__ import annotations

import random
import re
from calendar import monthrange
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache, cached_property

from weft.data.samples._date_forms import FORMATS, Form, babel_form
from weft.data.samples._parts import SHARES
from weft.data.samples._phrases import need

Triple = tuple[str, int, str]
"""Locale, month, format."""

Group = tuple[Triple, ...]
"""Triples of one month that can write the same text."""

_LEAP_YEAR = 2000
_BETWEEN = re.compile(r"[\s’]+")
_FULL_STOPS = ".॰׳"
"""What ends an abbreviation: the Latin, the Devanagari and the Hebrew way."""


@dataclass(frozen=True)
class Survey:
    """What can be drawn from.

    Attributes:
        forms: by locale and format.
        refused: the forms that are left out, and why.
        ambiguous: triples that are left out since one of their texts is also that of another date.
        groups: the triples that are left; those that can write the same text are of one group.
    """

    forms: dict[tuple[str, str], Form]
    refused: dict[tuple[str, str], str]
    ambiguous: frozenset[Triple]
    groups: tuple[Group, ...]

    @cached_property
    def of_month(self) -> dict[tuple[str, int], frozenset[Triple]]:
        """The triples of each month of each locale."""
        found: dict[tuple[str, int], set[Triple]] = defaultdict(set)
        for triple in (triple for group in self.groups for triple in group):
            found[triple[:2]].add(triple)
        return {month: frozenset(triples) for month, triples in found.items()}

    def word(self, triple: Triple) -> str:
        """What a triple writes for its month."""
        code, month, name = triple
        return self.forms[code, name].part("month", month)

    def can_be_held_out(self, group: Group) -> bool:
        """Whether what is left tells how to read the month's words of a group.

        A number does. Any other word has to be that of another format of its locale, outside the group, or a beginning
        of it, or go on from it, and begin no other month's: Italian "ott" is read by whoever knows "ottobre".
        """
        return all(self._is_told(triple, self.of_month[triple[:2]] - set(group)) for triple in group)

    def _is_told(self, triple: Triple, others: frozenset[Triple]) -> bool:
        if any("0" <= character <= "9" for character in self.word(triple)):
            return bool(others)
        code, own, _ = triple
        word = self._stem(triple)
        elsewhere = (
            each for month in range(1, 12 + 1) if month != own for each in self.of_month.get((code, month), ())
        )
        return any(stem.startswith(word) or word.startswith(stem) for stem in map(self._stem, others)) and not any(
            self._stem(each).startswith(word) for each in elsewhere
        )

    def _stem(self, triple: Triple) -> str:
        """A month's longest word, which leaves out the article of "d’ochobre", without case and full stop."""
        return max(_BETWEEN.split(self.word(triple).rstrip(_FULL_STOPS).casefold()), key=len)


def survey(locales: Sequence[str]) -> Survey:
    """Which forms and triples of these locales can be used, found by writing every day of a leap year with each.

    Raises:
        ConfigError: Babel is not installed.
    """
    need("babel")
    return _survey(tuple(dict.fromkeys(locales)))


def cut(found: Survey, seed: int) -> dict[str, list[Group]]:
    """The groups of each part: ``SHARES`` of all triples, in an order that depends on the seed.

    Of a month of a locale one group at most is held out, and only if ``Survey.can_be_held_out``.
    """
    shuffled = list(found.groups)
    random.Random(f"dates {seed}").shuffle(shuffled)
    triples = sum(map(len, shuffled))
    room = {part: round(triples * SHARES[part]) for part in ("valid", "test")}
    parts: dict[str, list[Group]] = {part: [] for part in SHARES}
    touched: set[tuple[str, int]] = set()
    for group in shuffled:
        months = {triple[:2] for triple in group}
        part = next((part for part, left in room.items() if left >= len(group)), "train")
        if part == "train" or months & touched or not found.can_be_held_out(group):
            parts["train"].append(group)
            continue
        parts[part].append(group)
        touched |= months
        room[part] -= len(group)
    return parts


def days_of(year: int, month: int) -> int:
    """How many days a month has."""
    return monthrange(year, month)[1]


@cache
def _survey(locales: tuple[str, ...]) -> Survey:
    found = {(code, name): babel_form(code, name) for code in locales for name in FORMATS}
    forms = {key: form for key, form in found.items() if isinstance(form, Form)}
    first: dict[str, tuple[Triple, int]] = {}
    clashing: set[str] = set()
    group_of: dict[Triple, set[Triple]] = {}
    for text, triple, day in _texts(forms):
        group_of.setdefault(triple, {triple})
        other, other_day = first.setdefault(text, (triple, day))
        if (triple[1], day) != (other[1], other_day):
            clashing.add(text)
        elif group_of[other] is not group_of[triple]:
            _join(group_of, other, triple)
    ambiguous = frozenset(triple for text, triple, _ in _texts(forms) if text in clashing) if clashing else frozenset()
    groups = {tuple(sorted(group - ambiguous)) for group in group_of.values()}
    refused = {key: form for key, form in found.items() if isinstance(form, str)}
    return Survey(forms, refused, ambiguous, tuple(sorted(group for group in groups if group)))


def _texts(forms: dict[tuple[str, str], Form]) -> Iterator[tuple[str, Triple, int]]:
    """Every text of a leap year, with all weekdays (other years have the same days on others)."""
    for (code, name), form in forms.items():
        for month in range(1, 12 + 1):
            triple = code, month, name
            days = [form.part("day", day) for day in range(1, days_of(_LEAP_YEAR, month) + 1)]
            for weekday in range(7 if "weekday" in form.letters else 1):
                text, spans = form.say({"year": _LEAP_YEAR, "month": month, "day": 1, "weekday": weekday})
                start, end = spans["day"]
                before, behind = text[:start], text[end:]
                for day, said in enumerate(days, 1):
                    yield before + said + behind, triple, day


def _join(group_of: dict[Triple, set[Triple]], one: Triple, other: Triple) -> None:
    """Make the groups of two triples one."""
    merged = group_of[one] | group_of[other]
    group_of.update(dict.fromkeys(merged, merged))
