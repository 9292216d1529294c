"""Kneser-Ney models against formulas written out with dictionaries, and against what lmplz itself wrote."""

from pathlib import Path

import numpy as np
import pytest

from ngram.counted_by_hand import ByHand
from ngram.small_text import END, SYMBOLS, UNKNOWN, contexts, equal, model_of, small_lines, stream
from weft.errors import ConfigError, DataError, RunError
from weft.ngram import estimate, read_arpa, scratch
from weft.ngram.scratch import Scratch

GOLDEN = Path(__file__).parent / "golden"
"""A text and what KenLM's lmplz made of it, with ``-o 4 --discount_fallback``, and with ``--prune 0 0 1`` besides."""


def some_contexts(lines, order):
    """Contexts of the text and others: as rows filled with ends of line, and as tuples with one at most."""
    drawn = np.random.default_rng(1)
    others = drawn.integers(END + 1, SYMBOLS, (30, order - 1))
    others[np.arange(order - 1) < drawn.integers(0, order, (30, 1))] = END
    rows = np.unique(np.concatenate([contexts(lines, order), others]), axis=0)
    ends = (rows == END).sum(axis=1)
    return rows, [tuple(row[max(0, end - 1) :].tolist()) for row, end in zip(rows, ends, strict=True)]


@pytest.mark.parametrize(
    ("order", "prune"),
    [(1, []), (2, []), (3, []), (4, []), (5, []), (3, [0, 0, 1]), (5, [0, 1, 1, 2]), (2, [0, 500])],
)
def test_every_probability_is_that_of_the_formulas(lines, order, prune):
    model = model_of(lines, order, prune=prune)
    cuts = (prune or [0]) + (prune or [0])[-1:] * order
    by_hand = ByHand(lines, order, SYMBOLS, END, [0, *cuts[:order]])
    rows, cut = some_contexts(lines, order)
    expected = [[by_hand.p(context, symbol) for symbol in range(SYMBOLS)] for context in cut]
    np.testing.assert_allclose(np.exp(model.logp_next(rows)), expected, rtol=1e-6)
    kept = [len(grams) for grams in by_hand.kept[2:]]
    assert model.sizes() == (SYMBOLS, *kept)


@pytest.mark.parametrize("order", [1, 2, 3, 4, 5])
def test_the_probabilities_after_every_context_sum_to_1(order):
    lines = small_lines(seed=11, count=400)
    rows, _ = some_contexts(lines, order)
    np.testing.assert_allclose(np.exp(model_of(lines, order).logp_next(rows)).sum(axis=1), 1.0, atol=1e-6)


@pytest.mark.parametrize(("file", "prune"), [("lmplz.arpa.gz", []), ("lmplz_pruned.arpa.gz", [0, 0, 1])])
def test_it_is_what_lmplz_estimates(file, prune):
    words, theirs = read_arpa(GOLDEN / file)
    ids = {word: number for number, word in enumerate(words)}
    text = (GOLDEN / "text.txt").read_text(encoding="utf-8").splitlines()
    numbers = np.array([ids[word] for line in text for word in [*line.split(), "</s>"]])
    ours = estimate(numbers, order=4, symbols=len(words), end_id=1, unknown_id=0, prune=prune)
    assert ours.sizes() == theirs.sizes()
    for own, other in zip(ours.levels, theirs.levels, strict=True):
        np.testing.assert_array_equal(own.keys, other.keys)
        np.testing.assert_allclose(own.logp, other.logp, atol=1e-5)
        np.testing.assert_allclose(own.backoff, other.backoff, atol=1e-5)
    assert ours.notes == ("order 1: no n-gram is counted 2 time(s); the discounts 0.5, 1.0, 1.5 were taken instead",)


def test_blocks_and_files_change_nothing(monkeypatch, tmp_path):
    lines = small_lines(seed=5, count=1500)
    whole, said = model_of(lines, 4), []
    assert len(stream(lines)) > 4 * Scratch(0).block
    monkeypatch.setattr(scratch, "SMALL", 1)
    made = []
    monkeypatch.setattr(scratch.tempfile, "TemporaryFile", _watched(scratch.tempfile.TemporaryFile, made))
    parts = model_of(lines, 4, memory=0, work=tmp_path / "work", progress=said.append)
    assert equal(parts, whole)
    assert made
    assert set(made) == {tmp_path / "work"}
    assert list((tmp_path / "work").iterdir()) == []
    assert said == [f"{size:,} n-grams of order {number}" for number, size in enumerate(whole.sizes(), 1)][1:]


def _watched(function, folders):
    def watched(*, dir):  # noqa: A002 - as the original calls it
        folders.append(dir)
        return function(dir=dir)

    return watched


def test_memory_that_is_free_again_is_used_again():
    room = Scratch(3 * scratch.SMALL)
    kept = room.empty(2 * scratch.SMALL, np.uint8)
    room.empty(2 * scratch.SMALL, np.uint8)
    assert room.on_disk == 2 * scratch.SMALL
    part = kept[5:]
    del kept
    room.empty(2 * scratch.SMALL, np.uint8)
    assert room.on_disk == 4 * scratch.SMALL
    del part
    room.empty(2 * scratch.SMALL, np.uint8)
    assert room.on_disk == 4 * scratch.SMALL


def test_no_room_is_told(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(RunError, match=r"file: no room for [\d,]+ bytes of counts") as error:
        Scratch(0, tmp_path / "file").empty(scratch.SMALL, np.uint8)
    assert "work folder" in error.value.hint


def test_a_stream_on_disk_is_a_stream(lines, trigram, tmp_path):
    ids = np.memmap(tmp_path / "ids", np.uint8, "w+", shape=stream(lines).shape)
    ids[:] = stream(lines)
    assert equal(estimate(ids, order=3, symbols=SYMBOLS, end_id=END, unknown_id=UNKNOWN), trigram)


def test_lines_shorter_than_an_n_gram():
    model = model_of([(), (2,), ()], 4)
    assert model.sizes() == (SYMBOLS, 3, 1, 0)
    assert np.isfinite(model.logp(stream([(3, 2), ()]))).all()


def test_discounts_that_cannot_be_are_told():
    lines = [(2, symbol) for symbol in (3, 4, 5, 6)] * 2 + [(7, 2)]
    (note,) = [note for note in model_of(lines, 2).notes if note.startswith("order 2")]
    assert note.endswith("the discounts 0.5, 1.0, 1.5 were taken instead")


@pytest.mark.parametrize("prune", [(1,), (0, 2, 1), (0, -1)])
def test_what_cannot_be_pruned(lines, prune):
    with pytest.raises(ConfigError, match="prune must begin with 0 and not fall, got") as error:
        model_of(lines, 3, prune=prune)
    assert "seen once" in error.value.hint


def test_what_cannot_be_estimated(lines):
    with pytest.raises(ConfigError, match="order must be at least 1, got 0"):
        model_of(lines, 0)
    with pytest.raises(DataError, match="no symbols to count: the text is empty"):
        model_of([], 3)
    with pytest.raises(DataError, match="the stream holds symbol 9, there are 8, counted from 0"):
        model_of([(2, 9)], 3)
