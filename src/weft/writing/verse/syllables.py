"""How many syllables an English word has, counted from its spelling. Approximate: English spelling does not say.

Groups of vowels are counted; what is written and not spoken is taken off, and two vowels that are mostly spoken apart
("li-on", "ru-in") count as two.
"""

from __future__ import annotations

import re

BETWEEN_VOWELS = re.compile(r"(?<=[aeiou])y(?=[aeiou])")
GROUP = re.compile(r"[aeiouy]+")

SILENT = tuple(
    re.compile(pattern)
    for pattern in (
        r"(?<=[^aeiouy])(?<![^aeiouylr]l)e$",  # "time", not "table"
        r"(?<=[^aeiouysxzcg])(?<!ch)(?<!sh)(?<![^aeiouylr]l)es$",  # "times", not "boxes", "tables"
        r"(?<=[^aeiouytd])(?<![^aeiouylr]l)(?<![^aeiouyr]r)ed$",  # "loved", not "wanted", "handled", "hundred"
        r"(?<=[gq])(?<!arg)ue(s|d)?$",  # "tongue", not "argue"
        # the e that closes the first part of a word: "lovely", "strangely", "household"
        r"((?<=[aeiouy][^aeiouy])|(?<=[aeiouy][^aeiouy][^aeiouyl]))e"
        r"(?=(ly|ments?|ful|fully|less|lessly|ness|some|thing|times?|fore|by|of|with|wards?|lands?|man|men|hoods?|holds?"
        r"|heads?|body|one|most|how|what|where|well|seen?|self|ways?|ty|dom)$)",
        r"^every(?=...)",
    )
)
"""Each pattern that is found takes one syllable off."""

APART = tuple(
    re.compile(pattern)
    for pattern in (
        r"(?<![tcsgxh])(?<!.[nl](?=i(on|ar|an|or|us)))i(a|o|u)(?!ge|r?de?s?$)",  # "di-al", not "nation", "opinion"
        r"(?<=[aeiouy])ing",  # "be-ing", "say-ing"
        r"[aeiouy].*(?<!ld)i(er|est|ety|et)(s|ly)?$",  # "happi-er", "qui-et"
        r"(?<![tc])ience",
        r"(?<=d)ient",
        r"(?<![qg])u(a(?!de)|ou|el|ence|ent|in(?=s?$|ed|ing))",  # "actu-al", "cru-el", "ru-in"
        r"oe(m|t)",
        r"(?<![aeiouyg])e(o|um|us)(?!p)",
        r"(?<=cr)ea(t|ting|ted|tes?|tor|tion)(?!ure)",
        r"(?<=r)ea(?=li[tsz])",
        r"sms?$",  # "pri-sm"
    )
)
"""Each pattern adds one syllable as often as it is found."""

IRREGULAR = {
    "every": 2, "business": 2, "evening": 2, "colonel": 2, "wednesday": 2, "idea": 3, "ideas": 3, "science": 2,
    "anyone": 3, "everyone": 3, "naked": 2, "wicked": 2, "wretched": 2, "rugged": 2, "ragged": 2, "crooked": 2,
    "area": 3, "create": 2, "poem": 2, "people": 2, "moreover": 3, "forever": 3, "whoever": 3, "sovereign": 2,
    "medicine": 3, "maybe": 2, "being": 2, "recipe": 3, "apostrophe": 4, "vegetable": 3, "comfortable": 4,
}  # fmt: skip

CONTRACTED = re.compile(r"[dstv]n['’]t$")
"""The end of "didn't" and "haven't" is a syllable of its own; that of "don't" is not."""


def count_syllables(letters: str, *, contracted: bool = False) -> int:
    """Syllables of a word.

    Args:
        letters: a to z only.
        contracted: whether it ends like "didn't".
    Returns:
        1 or more.
    """
    if letters in IRREGULAR:
        return IRREGULAR[letters]
    letters = BETWEEN_VOWELS.sub("j", letters)
    count = len(GROUP.findall(letters))
    count -= sum(bool(pattern.search(letters)) for pattern in SILENT)
    count += sum(len(pattern.findall(letters)) for pattern in APART)
    return max(1, count + contracted)
