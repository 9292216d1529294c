"""What an English word ends in, as a rhyme hears it, read from its spelling. Approximate: spelling does not say.

The key is the last vowel that can carry a rhyme and all sounds behind it, in letters of the phonetic alphabet: "night"
and "white" are both ``aɪt``. Behind a weak ending (-ing, -er, -en, -le) the vowel before it belongs to the key, so that
"calling" rhymes with "falling" and not with "king". Which letters mean which sound is a list of rules that are tried
in order, and a list of common words that follow none.
"""

from __future__ import annotations

import re

from weft.writing.verse._spelling import IRREGULAR, RULES

VOICELESS = ("p", "t", "k", "f", "θ")
SIBILANTS = ("s", "z", "ʃ", "ʒ")
CONTRACTED = {"s": "", "d": "", "ll": "l", "m": "m", "ve": "v", "re": "r", "t": "ənt"}
WEAK = (
    ("ing", "ɪŋ"), ("er", "ər"), ("or", "ər"), ("en", "ən"), ("ly", "li"), ("ness", "nəs"),
    ("less", "ləs"),
)  # fmt: skip

CONSONANTS = tuple(
    (re.compile(pattern), sound)
    for pattern, sound in (
        (r"tch|ch", "tʃ"),
        (r"dge?|ge|j", "dʒ"),
        (r"sh", "ʃ"),
        (r"th", "θ"),
        (r"ph|ff|gh|f", "f"),
        (r"ng", "ŋ"),
        (r"nk", "ŋk"),
        (r"mb$|mn$|m+", "m"),
        (r"gn$|n+", "n"),
        (r"bt$|t+", "t"),
        (r"ck|c(?!e)|k|q", "k"),
        (r"x", "ks"),
        (r"se$", "z"),
        (r"ce|ss|sc", "s"),
        (r"zz?", "z"),
        (r"b+", "b"), (r"d+", "d"), (r"g+", "g"), (r"l+", "l"), (r"p+", "p"), (r"r+", "r"), (r"s", "s"), (r"v", "v"),
        (r"[hjwy]", ""),
    )
)  # fmt: skip
"""Tried in order at each place of what stands behind the vowel."""


def rhyme_key(word: str) -> str:
    """The key of a word in letters a to z and apostrophes; "" when it has no vowel."""
    if word in IRREGULAR:
        return IRREGULAR[word]
    stem, apostrophe, tail = word.rpartition("'")
    if apostrophe:
        key = rhyme_key(stem.removesuffix("n") if tail == "t" else stem) if stem else ""
        return _contracted(key, tail) if key and tail in CONTRACTED else rhyme_key(stem + tail)
    word = re.sub("qu", "kw", re.sub("gu(?=[eiy])", "g", word))
    for ending in (_plural, _past, _weak):
        key = ending(word)
        if key:
            return key
    return _rime(word)


def _contracted(key: str, tail: str) -> str:
    if tail == "s":
        return _with_s(key)
    return _with_d(key) if tail == "d" else key + CONTRACTED[tail]


def _with_s(key: str) -> str:
    """A noun's or verb's -s, spoken with the voice of what stands before it."""
    if key.endswith((*SIBILANTS, "tʃ", "dʒ")):
        return key + "ɪz"
    return key + ("s" if key.endswith(VOICELESS) else "z")


def _with_d(key: str) -> str:
    return key + ("t" if key.endswith((*VOICELESS, "s", "ʃ")) else "d")


def _plural(word: str) -> str:
    if not word.endswith("s") or len(word) < 4 or word.endswith(("ss", "us", "is", "as")):
        return ""
    key = rhyme_key(word[:-3] + "y") if word.endswith("ies") else rhyme_key(word[:-1])
    return _with_s(key) if key else ""


def _past(word: str) -> str:
    """-ed behind a consonant or an i: a syllable of its own behind t and d only."""
    if word.endswith("ied"):
        return rhyme_key(word[:-3] + "y") + "d"
    stem = word.removesuffix("ed")
    if stem == word or stem[-1:] in "aeouy" or not re.search("[aeiouy]", stem):
        return ""
    key = rhyme_key(_base(stem))
    return key + "ɪd" if stem[-1] in "td" else _with_d(key)


def _weak(word: str) -> str:
    """An ending without stress takes the vowel before it along."""
    if re.search(r"[aeiouy].*[^aeiouyrl]le$", word):
        return rhyme_key(_base(word[:-2])) + "əl"
    for letters, sound in WEAK:
        stem = word.removesuffix(letters)
        if stem == word or word.endswith("thing") or (len(letters) == 2 and stem[-1:] in "aeou"):
            continue
        if re.search("[aeiouy]", stem.removesuffix("i")):  # "happier", not "pier"
            return rhyme_key(_base(stem)) + sound
    return ""


def _base(stem: str) -> str:
    """The word before its ending: "hopp" is "hop", "hop" is "hope"."""
    if re.search(r"([bdgmnprt])\1$", stem):
        return stem[:-1]
    if re.search(r"(^|[^aeiou])[aeiou][^aeiouywxr]$|[aeiou][rn]?[cgsvz]$|[^aeiouy]u$", stem):
        return stem + "e"
    return stem


def _rime(word: str) -> str:
    for pattern, sound in RULES:
        found = pattern.match(word)
        if found:
            return sound + _consonants(found["rest"])
    return ""


def _consonants(letters: str) -> str:
    sounds, place = "", 0
    while place < len(letters):
        for pattern, sound in CONSONANTS:
            found = pattern.match(letters, place)
            if found:
                sounds, place = sounds + sound, found.end()
                break
        else:
            place += 1
    return sounds
