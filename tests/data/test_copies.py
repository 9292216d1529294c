"""The sample ``copies``: strings and their copies, or the same turned round, with their links."""

import csv
from collections import Counter

import pytest

from weft.data.samples import copies
from weft.errors import ConfigError


def test_copies_and_reversals_with_their_links():
    for reverse in (False, True):
        pairs = copies.pairs(40, alphabet="abc", lengths=(6, 9), reverse=reverse)
        for pair in pairs:
            assert set(pair.source) <= set("abc")
            assert 6 <= len(pair.source) <= 9
            assert pair.target == (pair.source[::-1] if reverse else pair.source)
            assert len(pair.links.sure) == len(pair.source)
            assert not pair.links.possible
            assert all(pair.source[left] == pair.target[right] for left, right in pair.links.sure)
    assert str(copies.CopyPair("abc", "cba", reverse=True).links) == "0-2 1-1 2-0"
    assert str(copies.CopyPair("abc", "abc", reverse=False).links) == "0-0 1-1 2-2"


def test_every_length_is_as_likely_as_another():
    lengths = Counter(len(pair.source) for pair in copies.pairs(4000, lengths=(5, 8)))
    assert sorted(lengths) == [5, 6, 7, 8]
    assert all(850 < times < 1150 for times in lengths.values())


def test_the_seed_decides_and_a_longer_list_goes_on():
    one, longer, other = (copies.pairs(count, seed=seed) for count, seed in ((20, 1), (30, 1), (20, 2)))
    assert longer[:20] == one != other


def test_the_parts_share_no_string(tmp_path, monkeypatch):
    monkeypatch.setattr(copies, "COUNTS", {"train": 300, "valid": 40, "test": 50})
    seen: list[str] = []
    for path in copies.make(tmp_path):
        with path.open(encoding="utf-8", newline="") as stream:
            rows = list(csv.DictReader(stream))
        assert len(rows) == copies.COUNTS[path.stem]
        assert all(row["source"] == row["target"] for row in rows)
        seen.extend(row["source"] for row in rows)
    assert len(set(seen)) == len(seen) == 390


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"alphabet": "aba"}, "copies: the alphabet needs two or more different characters and no white space, got "),
        ({"alphabet": "a"}, "copies: the alphabet needs two or more different characters and no white space, got 'a'"),
        ({"alphabet": "a b"}, "copies: the alphabet needs two or more different characters and no white space, got "),
        ({"lengths": (0, 3)}, "copies: lengths need 1 <= shortest <= longest, got 0 and 3"),
        ({"lengths": (5, 3)}, "copies: lengths need 1 <= shortest <= longest, got 5 and 3"),
        (
            {"count": 9, "alphabet": "ab", "lengths": (4, 9)},
            "copies: asked for 9 different strings; 2 symbols and a shortest length of 4 allow 0 to 8",
        ),
        (
            {"count": -1},
            "copies: asked for -1 different strings; 26 symbols and a shortest length of 5 allow 0 to 5,940,688",
        ),
    ],
)
def test_what_cannot_be_asked_for(given, message):
    with pytest.raises(ConfigError) as caught:
        copies.pairs(**({"count": 1} | given))
    assert str(caught.value).startswith(message)


def test_the_hint_says_what_to_change():
    with pytest.raises(ConfigError) as caught:
        copies.pairs(9, alphabet="ab", lengths=(4, 9))
    assert caught.value.hint == "ask for fewer, or make the alphabet larger or the shortest string longer"
