"""Short phrases in fifty languages, labelled by language: a language-identification set.

Names of countries, languages, currencies, time zones and units, dates, durations, amounts, spelled-out numbers and
lists, as Babel's CLDR and num2words write them. Columns: ``text``, ``label`` (the language), ``kind`` (of phrase).

The parts are cut by what a phrase is about, not by phrase: a country, number or date of the test part is a phrase of no
language's training part. Words do come back: month names, digits, "German" the language where "Germany" is trained on.
A phrase that two languages share ("Peru") has no right answer and is left out.
"""

from __future__ import annotations

import random
from collections import defaultdict
from pathlib import Path

from weft.data.samples._parts import SHARES, split, write_rows
from weft.data.samples._phrases import DRAWN, PER_LANGUAGE, Item, items, phrases

LANGUAGES = {
    "en": "English",
    "de": "German",
    "nl": "Dutch",
    "af": "Afrikaans",
    "sv": "Swedish",
    "da": "Danish",
    "nb": "Norwegian",
    "is": "Icelandic",
    "fr": "French",
    "es": "Spanish",
    "pt": "Portuguese",
    "it": "Italian",
    "ca": "Catalan",
    "gl": "Galician",
    "ro": "Romanian",
    "pl": "Polish",
    "cs": "Czech",
    "sk": "Slovak",
    "sl": "Slovenian",
    "hr": "Croatian",
    "ru": "Russian",
    "uk": "Ukrainian",
    "be": "Belarusian",
    "bg": "Bulgarian",
    "sr": "Serbian",
    "lt": "Lithuanian",
    "lv": "Latvian",
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
    "eo": "Esperanto",
    "el": "Greek",
    "he": "Hebrew",
    "ar": "Arabic",
    "fa": "Persian",
    "hi": "Hindi",
    "ta": "Tamil",
    "th": "Thai",
    "ka": "Georgian",
    "hy": "Armenian",
    "ja": "Japanese",
    "zh": "Chinese",
    "ko": "Korean",
}
"""Codes that Babel knows, and the labels."""

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
    clean = _unambiguous({part: _rows(parts[part], part, seed) for part in SHARES})
    return [write_rows(folder / f"{part}.csv", ("text", "label", "kind"), clean[part]) for part in SHARES]


def _rows(pools: dict[str, list[Item]], part: str, seed: int) -> list[Row]:
    """All phrases of one part, shuffled, as many as its share of the sample allows."""
    generator = random.Random(f"{seed} {part}")
    scale = SHARES[part] / SHARES["train"]
    rows = [
        (phrase, label, kind)
        for code, label in LANGUAGES.items()
        for kind, count in PER_LANGUAGE.items()
        for phrase in phrases(kind, pools, round(count * scale), code, generator)
    ]
    generator.shuffle(rows)
    return rows


def _unambiguous(rows: dict[str, list[Row]]) -> dict[str, list[Row]]:
    """Leave out phrases that several languages share, and from a later part what an earlier one has (case ignored)."""
    labels: dict[str, set[str]] = defaultdict(set)
    for part in rows.values():
        for text, label, _ in part:
            labels[text.casefold()].add(label)
    seen: set[str] = set()
    kept: dict[str, list[Row]] = {}
    for name, part in rows.items():
        kept[name] = []
        for row in part:
            key = row[0].casefold()
            if len(labels[key]) == 1 and key not in seen:
                seen.add(key)
                kept[name].append(row)
    return kept
