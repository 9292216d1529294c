"""Dates in a hundred languages and their ISO form: "7 de marzo de 2024" -> "2024-03-07", with true alignments.

As Babel's CLDR writes them, in its medium, long and full formats. Which characters are the year, the month and the day
is known from the making (``DatePair.spans``); names of weekdays and eras carry nothing. Columns: ``source``,
``target``, ``locale``, ``format``, ``spans`` (of the source: ``year=14:18 month=5:10 day=0:1``).

The parts are cut by *triple* of locale, month and format: Spanish Marches in the long format are of one part. Triples
that can write the same text (Chinese medium and long, French and Swedish "7 mars 2024") are cut as one, so that no
text is in two parts. Held out is only what can be read: a name of a month that training does not tell (a Kurdish "rbn")
stays there. Texts that could be two dates are left out with their triples.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import product
from pathlib import Path
from typing import NamedTuple

from weft.data.alignments import Links
from weft.data.samples._date_forms import PARTS, Span, values_of
from weft.data.samples._date_triples import Survey, Triple, cut, days_of, survey
from weft.data.samples._parts import SHARES, write_rows
from weft.errors import ConfigError, nearest

_CODES = """
af am an ar as ast az be bg bn bo br bs ca chr cs cy da de dsb el en eo es et eu fa fi fil fo fr fur fy ga gd gl gsw gu
ha haw he hi hr hsb hu hy ia id ig is it ja jv ka kk kl km kn ko kok ku ky lb lo lt lv mi mk ml mn mr ms mt my nb ne nl
oc or pa pl ps pt qu rm ro ru sc sd si sk sl so sq sr sv sw ta te tg th ti tk to tr tt ug uk ur uz vi wo xh yi yo yue zh
zu
"""

LOCALES = tuple(_CODES.split())
"""Codes of CLDR: languages whose months and weekdays it names, each once, in its first script."""

YEARS = range(1900, 2100)

COUNTS = {"train": 120_000, "valid": 2_000, "test": 3_000}
"""Pairs that ``make`` writes."""

TARGET_SPANS: dict[str, Span] = {"year": (0, 4), "month": (5, 7), "day": (8, 10)}
"""Where the parts of a date stand in its ISO form."""


class FieldLink(NamedTuple):
    """One part of a date ("year", "month", "day") and its characters on both sides."""

    field: str
    source: Span
    target: Span


@dataclass(frozen=True)
class DatePair:
    """A date as a locale writes it, and as ISO 8601 does.

    Attributes:
        spans: year, month and day, in the order of the target.
        locale, format: what wrote it; with the month they are its triple.
    """

    source: str
    target: str
    spans: tuple[FieldLink, ...]
    locale: str
    format: str

    @property
    def triple(self) -> Triple:
        """What the parts are cut by."""
        return self.locale, int(self.target[5:7]), self.format

    @property
    def links(self) -> Links:
        """Between characters, as ``alignment-error-rate`` takes them.

        Every character of a part may be linked to every one of the same part. Where the source has digits, each has to
        be linked to its own, counted from the right: the 7 of "7" to the 7 of "07".
        """
        return links_between(self.source, self.spans)


def links_between(source: str, spans: Sequence[FieldLink]) -> Links:
    """The true links of a date whose parts stand there; see ``DatePair.links``."""
    sure: set[tuple[int, int]] = set()
    possible: set[tuple[int, int]] = set()
    for _, (start, end), (first, last) in spans:
        possible.update(product(range(start, end), range(first, last)))
        if source[start:end].isdecimal():
            sure.update((end - back, last - back) for back in range(1, min(end - start, last - first) + 1))
    return Links(frozenset(sure), frozenset(possible - sure))


def spans_of(column: str) -> tuple[FieldLink, ...]:
    """The parts that the column ``spans`` of the sample tells: "year=14:18 month=5:10 day=0:1"."""
    found = []
    for part in column.split():
        field, _, span = part.partition("=")
        start, _, end = span.partition(":")
        found.append(FieldLink(field, (int(start), int(end)), TARGET_SPANS[field]))
    return tuple(found)


def make(folder: Path, *, seed: int = 1) -> list[Path]:
    """Write ``train.csv``, ``valid.csv`` and ``test.csv`` into ``folder``; same seed and Babel, same bytes.

    Raises:
        ConfigError: Babel is not installed.
        DataError: the folder cannot be written.
    """
    return [
        write_rows(
            folder / f"{part}.csv",
            ("source", "target", "locale", "format", "spans"),
            (_row(pair) for pair in pairs(count, seed=seed, part=part, locales=LOCALES)),
        )
        for part, count in COUNTS.items()
    ]


def pairs(count: int, *, seed: int = 1, part: str = "train", locales: Sequence[str] = LOCALES) -> list[DatePair]:
    """Dates of one part, each text once: a triple as likely as another, every year of ``YEARS`` and every day alike.

    Args:
        count: how many.
        seed: cuts the triples into parts, and draws; the same seed, part, locales and Babel give the same pairs.
        part: "train", "valid" or "test".
        locales: some of ``LOCALES``.
    Raises:
        ConfigError: Babel is not installed, an argument is none of these, or there are not that many dates.
    """
    found = survey(_known(locales))
    groups = cut(found, seed)[_part(part)]
    room = len(groups) * len(YEARS) * 28 // 2
    if not 0 <= count <= room:
        raise ConfigError(
            f"dates: asked for {count:,} pairs of the part {part!r}; {len(found.forms)} forms of {len(locales)} "
            f"locales give 0 to {room:,}",
            hint="ask for fewer pairs or for more locales",
        )
    triples = [triple for group in groups for triple in group]
    draw = random.Random(f"dates {seed} {part}")
    written: dict[str, DatePair] = {}
    while len(written) < count:
        pair = _drawn(found, draw.choice(triples), draw)
        written.setdefault(pair.source, pair)
    return list(written.values())


def _drawn(found: Survey, triple: Triple, draw: random.Random) -> DatePair:
    code, month, name = triple
    year = draw.choice(YEARS)
    day = date(year, month, draw.randint(1, days_of(year, month)))
    source, spans = found.forms[code, name].say(values_of(day))
    links = tuple(FieldLink(part, spans[part], TARGET_SPANS[part]) for part in PARTS)
    return DatePair(source, day.isoformat(), links, code, name)


def _row(pair: DatePair) -> tuple[str, ...]:
    spans = " ".join(f"{field}={start}:{end}" for field, (start, end), _ in pair.spans)
    return pair.source, pair.target, pair.locale, pair.format, spans


def _part(name: str) -> str:
    if name not in SHARES:
        raise ConfigError(
            f"dates: there is no part {name!r}{nearest(name, SHARES)}", hint=f"parts: {', '.join(SHARES)}"
        )
    return name


def _known(locales: Sequence[str]) -> tuple[str, ...]:
    for code in locales:
        if code not in LOCALES:
            raise ConfigError(
                f"dates: locale {code!r} is none of the {len(LOCALES)} there are{nearest(code, LOCALES)}",
                hint=f"locales: {', '.join(LOCALES)}",
            )
    return tuple(dict.fromkeys(locales))
