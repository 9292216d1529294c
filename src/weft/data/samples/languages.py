"""Short phrases in forty languages, labelled by language: a language-identification set.

Names of countries, languages, currencies, time zones and units, dates, durations, amounts, spelled-out numbers and
lists, as Babel's CLDR and num2words write them. Columns: ``text``, ``label`` (the language), ``kind`` (of phrase).

The parts are cut by what a phrase is about, not by phrase: a country, number or date of the test part is a phrase of no
language's training part. Words do come back: month names, digits, "German" the language where "Germany" is trained on.
A phrase that two languages share ("Peru") has no right answer and is left out.
"""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Iterable
from pathlib import Path

from weft.data.samples._parts import SHARES, split, write_rows
from weft.data.samples._phrases import DRAWN, PER_LANGUAGE, Item, items, pick, say

LANGUAGES = {
    "en": "English",
    "de": "German",
    "nl": "Dutch",
    "sv": "Swedish",
    "da": "Danish",
    "nb": "Norwegian",
    "fr": "French",
    "es": "Spanish",
    "pt": "Portuguese",
    "it": "Italian",
    "ca": "Catalan",
    "ro": "Romanian",
    "pl": "Polish",
    "cs": "Czech",
    "sk": "Slovak",
    "hr": "Croatian",
    "ru": "Russian",
    "uk": "Ukrainian",
    "bg": "Bulgarian",
    "sr": "Serbian",
    "lt": "Lithuanian",
    "fi": "Finnish",
    "et": "Estonian",
    "hu": "Hungarian",
    "tr": "Turkish",
    "id": "Indonesian",
    "vi": "Vietnamese",
    "sw": "Swahili",
    "cy": "Welsh",
    "ga": "Irish",
    "eu": "Basque",
    "el": "Greek",
    "he": "Hebrew",
    "ar": "Arabic",
    "fa": "Persian",
    "hi": "Hindi",
    "th": "Thai",
    "ja": "Japanese",
    "zh": "Chinese",
    "ko": "Korean",
}
"""Codes that Babel knows, and the labels."""

SPARE = 2
"""Every language is asked for so many times the phrases it needs, since words may be missing or shared."""

Row = tuple[str, str, str]


def make(folder: Path, *, seed: int = 1) -> list[Path]:
    """Write ``train.csv``, ``valid.csv`` and ``test.csv`` into ``folder``; the same seed gives the same bytes.

    Raises:
        ConfigError: Babel or num2words is not installed.
        DataError: the folder cannot be written.
    """
    generator = random.Random(seed)
    cuts = {kind: split(items(kind, generator), generator) for kind in PER_LANGUAGE if kind not in DRAWN}
    parts = {part: {kind: cut[part] for kind, cut in cuts.items()} for part in SHARES}
    said = {part: _said(parts[part], part, generator) for part in SHARES}
    shared = _shared(row for rows in said.values() for row in rows)
    seen: set[str] = set()
    return [
        write_rows(folder / f"{part}.csv", ("text", "label", "kind"), _chosen(rows, part, shared, seen))
        for part, rows in said.items()
    ]


def _said(pools: dict[str, list[Item]], part: str, generator: random.Random) -> list[Row]:
    """What every language says of the same items, in random order; where one has no words, it says nothing."""
    rows = []
    for kind in PER_LANGUAGE:
        for item in pick(kind, pools, SPARE * _wanted(kind, part), generator):
            for code, label in LANGUAGES.items():
                phrase = say(kind, item, code)
                if phrase is not None:
                    rows.append((phrase, label, kind))
    generator.shuffle(rows)
    return rows


def _wanted(kind: str, part: str) -> int:
    return round(PER_LANGUAGE[kind] * SHARES[part] / SHARES["train"])


def _shared(rows: Iterable[Row]) -> set[str]:
    """Keys of phrases that more than one language uses."""
    labels: dict[str, set[str]] = defaultdict(set)
    for text, label, _ in rows:
        labels[_key(text)].add(label)
    return {key for key, names in labels.items() if len(names) > 1}


def _key(text: str) -> str:
    """Phrases that differ in case or digits only are the same words: neither tells a language."""
    return "".join(c for c in text.casefold() if not c.isdigit())


def _chosen(rows: Iterable[Row], part: str, shared: set[str], seen: set[str]) -> list[Row]:
    """The phrases of a part: of one language only, in no part before (``seen`` grows), as many of a kind as wanted."""
    room = Counter({(label, kind): _wanted(kind, part) for label in LANGUAGES.values() for kind in PER_LANGUAGE})
    chosen = []
    for text, label, kind in rows:
        if room[label, kind] and _key(text) not in shared and text.casefold() not in seen:
            seen.add(text.casefold())
            room[label, kind] -= 1
            chosen.append((text, label, kind))
    return chosen
