"""Test texts found in training texts: as a plain search by the definition finds them, however the stream is cut."""

import random
import unicodedata
from collections import Counter
from itertools import product
from pathlib import Path

import numpy as np
import pytest

from weft.data import _runs, _word_hashes
from weft.data.overlap import find_overlap
from weft.data.readers import Record


def records(texts: list[str]) -> list[Record]:
    return [Record(Path("test.txt"), line, {"text": text}) for line, text in enumerate(texts, 1)]


def found(test: list[str], training: list[str], *, shortest: int = 1) -> tuple[list[int], list[int]]:
    overlap = find_overlap(records(test), iter(training), shortest=shortest)
    return [line for _, line in overlap.exact], [line for _, line in overlap.near]


def words_of(text: str) -> list[str]:
    folded = unicodedata.normalize("NFC", text).casefold()
    kept = ["".join(letter for letter in word if letter.isalnum()) for word in folded.split()]
    return [word for word in kept if word]


def runs_in(words: list[str]) -> list[tuple[str, ...]]:
    return [tuple(words[place : place + 5]) for place in range(len(words) - 4)]


def searched(test: list[str], training: list[str], *, half: int, phrase: int) -> tuple[list[int], list[int]]:
    """The definition word by word, slowly."""
    equal, same = {text.strip() for text in training}, {"".join(words_of(text)) for text in training} - {""}
    read = runs_in([word for text in training for word in words_of(text)])
    half = max(half, *(len(words_of(text)) for text in test))
    stretches = [set(read[first : first + 2 * half]) for first in range(0, max(1, len(read)), half)]
    firsts = {"".join(words_of(text)): text for text in reversed(test)}
    times = Counter(run for text in firsts.values() if len(words_of(text)) >= 10 for run in runs_in(words_of(text)))
    exact, near = [], []
    for line, text in enumerate(test, 1):
        words = words_of(text)
        covered = 0
        for stretch in stretches:
            runs = [run in stretch and times[run] <= phrase for run in runs_in(words)]
            covered = max(covered, sum(any(runs[max(0, place - 4) : place + 1]) for place in range(len(words))))
        if words and text.strip() in equal:
            exact.append(line)
        elif "".join(words) in same or (len(words) >= 10 and covered * 5 >= len(words) * 4):
            near.append(line)
    return exact, near


def drawn(seed: int) -> tuple[list[str], list[str]]:
    """A small language, so that runs come again by chance; copies, changed ones and pieces of the one in the other."""
    draw = random.Random(seed)

    words = ["ab", "bc,", "C.", "dé", "É-", "fgh", ".", "9"]

    def line(longest: int) -> str:
        return " ".join(draw.choices(words, k=draw.randrange(longest)))

    training = [line(25) for _ in range(40)]
    test = [line(25) for _ in range(20)]
    for text in draw.sample(training, 12):
        changed = text.split()
        for _ in range(draw.randrange(4) if changed else 0):
            changed[draw.randrange(len(changed))] = draw.choice(["zz", "AB", ""])
        test.append(" ".join(changed))
    test += [" ".join(draw.sample(training, 2)), f" {draw.choice(training)}  ", draw.choice(test), ""]
    return test, training


@pytest.mark.parametrize("seed", range(30))
def test_what_is_found_is_what_the_definition_says(seed, monkeypatch):
    half, phrase, piece = (1024, 50, 1 << 19) if seed % 3 == 0 else (8, 2, 1 << (4 + seed % 5))
    monkeypatch.setattr(_runs, "HALF", half)
    monkeypatch.setattr(_runs, "PHRASE", phrase)
    monkeypatch.setattr(_word_hashes, "PIECE", piece)
    test, training = drawn(seed)
    exact, near = searched(test, training, half=half, phrase=phrase)
    assert found(test, training) == (exact, near)
    assert exact
    assert near


@pytest.mark.parametrize(
    ("test", "training", "kind"),
    [
        ("To be, or not to be", "  To be, or not to be", "exact"),
        ("TO BE OR NOT TO BE!", "To be, or not to be", "near"),
        ("Die Straße war grün.", "die STRASSE war grün", "near"),
        ("un café noir là", unicodedata.normalize("NFD", "un café noir là"), "near"),
        ("don't", "dont", "near"),
        ("कि बात", "की बात", ""),
        ("To be or", "To be", ""),
        ("--", "--", ""),
        ("我们今天去市场买菜然后回家", "我们今天去市场买菜然后回家", "exact"),
        ("今天我们去市场买了很多蔬菜", "昨天说今天我们去市场买了很多蔬菜了", "near"),
    ],
)
def test_what_makes_no_difference(test, training, kind):
    exact, near = found([test], [training])
    assert (bool(exact), bool(near)) == (kind == "exact", kind == "near")


def test_lines_that_end_elsewhere_are_found():
    words = [f"word{number}" for number in range(40)]
    wrapped = [" ".join(words[first : first + 7]) for first in range(0, 40, 7)]
    assert found([" ".join(words)], wrapped) == ([], [1])
    assert found([" ".join(words[3:20])], [" ".join(words)]) == ([], [1])
    assert found([" ".join(words[3:12])], [" ".join(words)]) == ([], []), "nine words are too few to be found in runs"


def test_phrases_from_all_over_a_large_text_are_no_leak(monkeypatch):
    monkeypatch.setattr(_runs, "HALF", 64)
    words = [f"word{number}" for number in range(20)]
    filler = [f"filler{number}" for number in range(400)]
    apart = [" ".join(words[:10]), " ".join(filler), " ".join(words[10:])]
    assert found([" ".join(words)], apart) == ([], [])
    together = [" ".join(words[:10]), " ".join(filler[:20]), " ".join(words[10:])]
    assert found([" ".join(words)], together) == ([], [1])


def test_short_and_repeated_texts_are_counted_apart():
    test = ["First Citizen:", "we are accounted poor citizens", "We are accounted poor citizens.", "", "!", "all"]
    overlap = find_overlap(records(test), iter(["First Citizen:", "all", ""]), shortest=4)
    assert (overlap.texts, overlap.found, overlap.short, overlap.repeated) == (6, 0, 2, 1)
    overlap = find_overlap(records(test), iter(["First Citizen:", "all", ""]), shortest=1)
    assert [line for _, line in overlap.exact] == [1, 6]


def test_nothing_is_found_in_nothing():
    assert found([], ["a text"]) == found(["a text"], []) == ([], [])


def test_runs_of_the_same_words_in_another_order_differ():
    words = np.array(list(product([3, 5, 7], repeat=5)), np.uint64)
    assert len({int(_runs.runs_of(run)[0]) for run in words}) == 3**5


def test_one_long_text_is_hashed_piece_by_piece(monkeypatch):
    text = " ".join(f"w{number}-É 我" for number in range(30))
    ((_, whole),) = _word_hashes.hash_groups([text])
    monkeypatch.setattr(_word_hashes, "PIECE", 50)
    ((_, pieces),) = _word_hashes.hash_groups([text])
    assert (whole.counts, whole.texts) == (pieces.counts, pieces.texts)
    assert whole.words.tolist() == pieces.words.tolist()
    assert len(set(whole.words.tolist())) == 31


def test_a_text_with_line_breaks_is_one_text():
    assert found(["two\nlines of it"], ["two lines of it", "x"]) == ([], [1])
    assert found(["a", "two\nlines"], ["x\ny", "two\nlines"]) == ([2], [])
