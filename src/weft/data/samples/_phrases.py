"""Short phrases of a language, said by Babel's CLDR and num2words: names, dates, amounts, numbers, lists.

A *kind* of phrase has items that belong to no language (the country ``DE``, the number 42, a date); ``say`` turns an
item into words of one language, or None where the data has none. Babel and num2words are the extra ``weft[demo]``.
"""

from __future__ import annotations

import math
import random
import unicodedata
from collections.abc import Callable
from datetime import date, timedelta
from importlib import import_module
from types import ModuleType
from typing import Any

from weft.errors import ConfigError

Item = tuple[Any, ...]

PER_LANGUAGE = {
    "territory": 20,
    "language": 20,
    "currency": 20,
    "time zone": 50,
    "unit": 10,
    "date": 50,
    "duration": 50,
    "amount": 50,
    "measure": 40,
    "number": 70,
    "list": 240,
}
"""The kinds, and how many training phrases a language gets of each (fewer where the data has fewer)."""

DRAWN = {"amount", "measure", "list"}
"""Kinds whose items are put together from other kinds' items of the same part."""

_SPELLED = "en de nl sv da no is fr es pt it ca ro pl cs sk sl ru uk be fi hu lt lv tr id vi cy eo fa ja ko th"
"""Languages whose numbers num2words spells in the script that CLDR writes them in."""


_DAY = 86_400
_SECONDS = {"minute": 60, "hour": 3600, "day": _DAY, "week": 7 * _DAY, "month": 30 * _DAY, "year": 365 * _DAY}


def need(name: str) -> ModuleType:
    """Import a package of the extra ``demo``.

    Raises:
        ConfigError: it is not installed; the hint is the command that installs it.
    """
    try:
        return import_module(name)
    except ImportError as error:
        raise ConfigError(
            f"this sample is made with Babel and num2words; {name!r} is not installed", hint="pip install 'weft[demo]'"
        ) from error


def items(kind: str, generator: random.Random) -> list[Item]:
    """Every item of a kind that is not drawn from others, sorted or seeded: the same on every machine."""
    english = need("babel").Locale.parse("en")
    if kind == "number":
        return list(dict.fromkeys((int(math.exp(generator.uniform(0.0, math.log(1e7)))),) for _ in range(4000)))
    if kind == "date":
        first, last = date(1950, 1, 1).toordinal(), date(2035, 12, 31).toordinal()
        styles = ["full", "full", "long"]
        return [(date.fromordinal(n), generator.choice(styles)) for n in generator.sample(range(first, last), 2000)]
    if kind == "duration":
        return [(unit, sign * count) for unit in _SECONDS for sign in (1, -1) for count in range(1, 40)]
    tables = {
        "territory": english.territories,
        "language": english.languages,
        "currency": english.currencies,
        "time zone": english.meta_zones,
        "unit": english.unit_display_names,
    }
    return [(code,) for code in sorted(tables[kind])]


def draw(kind: str, part: dict[str, list[Item]], generator: random.Random) -> Item:
    """One item of a drawn kind, made from the items of one part."""
    if kind == "amount":
        return (*generator.choice(part["currency"]), generator.randrange(1, 1000))
    if kind == "measure":
        return (*generator.choice(part["unit"]), generator.randrange(1, 100))
    source = generator.choice(["territory", "language", "currency"])
    return (source, *(item[0] for item in generator.sample(part[source], generator.choice([2, 3, 4]))))


def say(kind: str, item: Item, code: str) -> str | None:
    """The item in the language ``code``, cleaned; None where the data does not know the words."""
    phrase = _SAY[kind](need("babel").Locale.parse(code), item)
    return _clean(phrase) if phrase else None


def _clean(phrase: str) -> str | None:
    """Composed Unicode, plain spaces, no marks of writing direction; None when fewer than two letters are left."""
    text = unicodedata.normalize("NFC", phrase)
    text = "".join(c for c in text if c not in "\u200e\u200f\u061c\u2068\u2069")
    text = " ".join(text.replace("\u202f", " ").split())
    return text if sum(c.isalpha() for c in text) >= 2 else None


def _territory(locale: Any, item: Item) -> str | None:
    return str(locale.territories.get(item[0]) or "")


def _language(locale: Any, item: Item) -> str | None:
    return str(locale.languages.get(item[0]) or "")


def _currency(locale: Any, item: Item) -> str | None:
    return str(locale.currencies.get(item[0]) or "")


def _time_zone(locale: Any, item: Item) -> str | None:
    names = locale.meta_zones.get(item[0], {}).get("long", {})
    return str(names.get("standard") or names.get("generic") or "")


def _unit(locale: Any, item: Item) -> str | None:
    names = locale.unit_display_names.get(item[0], {})
    return str(names.get("long") or "")


def _date(locale: Any, item: Item) -> str | None:
    return str(import_module("babel.dates").format_date(item[0], format=item[1], locale=locale))


def _duration(locale: Any, item: Item) -> str | None:
    unit, count = item
    length = timedelta(seconds=count * _SECONDS[unit])
    say_it = import_module("babel.dates").format_timedelta
    return str(say_it(length, granularity=unit, threshold=100, add_direction=True, locale=locale))


def _amount(locale: Any, item: Item) -> str | None:
    if not _currency(locale, item):
        return None
    format_currency = import_module("babel.numbers").format_currency
    return str(format_currency(item[1], item[0], format_type="name", locale=locale, currency_digits=False))


def _measure(locale: Any, item: Item) -> str | None:
    units = import_module("babel.units")
    try:
        phrase = str(units.format_unit(item[1], item[0], length="long", locale=locale))
    except units.UnknownUnitError:
        return None
    return None if item[0] in phrase else phrase


def _number(locale: Any, item: Item) -> str | None:
    code = {"nb": "no"}.get(locale.language, locale.language)
    return str(need("num2words").num2words(item[0], lang=code)) if code in _SPELLED.split() else None


def _list(locale: Any, item: Item) -> str | None:
    source, *codes = item
    names = [_SAY[source](locale, (code,)) for code in codes]
    known = [name for name in names if name]
    return str(import_module("babel.lists").format_list(known, locale=locale)) if len(known) == len(codes) else None


_SAY: dict[str, Callable[[Any, Item], str | None]] = {
    "territory": _territory,
    "language": _language,
    "currency": _currency,
    "time zone": _time_zone,
    "unit": _unit,
    "date": _date,
    "duration": _duration,
    "amount": _amount,
    "measure": _measure,
    "number": _number,
    "list": _list,
}


def pick(kind: str, part: dict[str, list[Item]], count: int, generator: random.Random) -> list[Item]:
    """Up to ``count`` items of a kind in a part, in random order."""
    if kind in DRAWN:
        return [draw(kind, part, generator) for _ in range(count)]
    return generator.sample(part[kind], min(len(part[kind]), count))
