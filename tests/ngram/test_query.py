"""Scoring streams, the distribution of the next symbol, look-ups of many keys, and models that are damaged."""

import numpy as np
import pytest

from ngram.small_text import END, SYMBOLS, contexts, equal, model_of, stream
from weft.errors import RunError
from weft.ngram import Backoff, backoff, finder
from weft.ngram.finder import Finder


@pytest.mark.parametrize("order", [1, 2, 3, 5])
def test_a_stream_is_scored_as_symbol_after_symbol(lines, order, monkeypatch):
    model, other = model_of(lines[:60], order), stream(lines[60:])
    rows = contexts(lines[60:], order)
    expected = model.logp_next(rows)[np.arange(len(other)), other]
    np.testing.assert_array_equal(model.logp(other), expected)
    np.testing.assert_array_equal(model.logp(other, rows), expected)
    for block in (1, 2, 7):
        monkeypatch.setattr(backoff, "BLOCK", block)
        np.testing.assert_array_equal(model.logp(other), expected)


def test_nothing_is_scored_as_nothing(trigram):
    assert trigram.logp(np.empty(0, np.uint8)).shape == (0,)
    assert trigram.logp(np.empty(0, np.uint8), np.empty((0, 2), np.int64)).shape == (0,)
    assert trigram.logp_next(np.empty((0, 2), np.int64)).shape == (0, SYMBOLS)


def test_a_context_does_not_reach_over_an_end_of_line(trigram):
    rows = np.array([[2, END], [END, END], [3, END]])
    np.testing.assert_array_equal(trigram.logp_next(rows), trigram.logp_next(rows[[0, 0, 0]]))


def test_a_symbol_that_was_never_seen_gets_its_share(trigram):
    assert (trigram.logp_next(np.array([[2, 7], [7, 2]])) > -20).all()


def test_of_a_wide_context_the_last_symbols_count(trigram):
    rows = np.array([[4, 5, 2, 3], [END, END, END, 2]])
    np.testing.assert_array_equal(trigram.logp_next(rows), trigram.logp_next(rows[:, 2:]))


@pytest.mark.parametrize("count", [0, 1, 2, 1000])
def test_keys_are_found_in_every_way(count, monkeypatch):
    drawn = np.random.default_rng(count)
    keys = np.unique(drawn.integers(0, 1 << 40, count))
    wanted = np.concatenate([keys, keys + 1, drawn.integers(0, 1 << 40, 50), keys[-1:]])
    expected = [{key: rank for rank, key in enumerate(keys.tolist())}.get(key, -1) for key in wanted.tolist()]
    tabled = Finder(keys)
    assert tabled.find(wanted).tolist() == tabled.find(wanted).tolist() == expected
    searching = Finder(keys, most=0)
    assert searching.find(wanted).tolist() == expected
    monkeypatch.setattr(finder, "SORT_FROM", 0)
    assert searching.find(wanted).tolist() == expected


def test_keys_that_share_a_slot_are_all_found(monkeypatch):
    monkeypatch.setattr(finder, "_GOLDEN", np.uint64(0))
    keys = np.arange(0, 400, 2)
    assert Finder(keys).find(np.arange(400)).tolist() == [at // 2 if at % 2 == 0 else -1 for at in range(400)]


def test_a_table_is_made_when_it_pays():
    keys = np.arange(1000)
    found = Finder(keys)
    found.find(keys[: len(keys) // finder.PAYS_FROM])
    assert found._table is None
    found.find(keys[:1])
    assert found._table is not None


def test_arrays_hold_the_whole_model(trigram):
    arrays = trigram.arrays()
    assert {array.dtype.name for array in arrays.values()} == {"int64", "float32"}
    again = Backoff.from_arrays(arrays)
    assert equal(again, trigram)
    assert (again.order, again.symbols, again.end_id, again.unknown_id) == (3, SYMBOLS, END, 0)


DAMAGED = {
    "there is no array 'keys.2'": lambda arrays: arrays.pop("keys.2"),
    "there is no array 'header'": lambda arrays: arrays.pop("header"),
    r"array 'header' must be int64 \[4\], got int64 \[3\]": lambda arrays: arrays.update(header=arrays["header"][:3]),
    "order 3, 8 symbols, end 9 and unknown 0 do not go": lambda arrays: arrays.update(header=np.array([3, 8, 9, 0])),
    r"array 'logp.1' must be float32 \[8\], got float64 \[8\]": lambda arrays: arrays.update(
        {"logp.1": arrays["logp.1"].astype(np.float64)}
    ),
    r"array 'backoff.2' must be float32 \[\d+\], got float32 \[3\]": lambda arrays: arrays.update(
        {"backoff.2": arrays["backoff.2"][:3]}
    ),
    "array 'logp.3' holds numbers that are not finite": lambda arrays: arrays["logp.3"].put(2, np.nan),
    "array 'keys.3' is not sorted, or names n-grams that are not there": lambda arrays: arrays["keys.3"].put(
        0, 1 << 50
    ),
    "array 'keys.2' is not sorted, or names n-grams that are not there": lambda arrays: arrays["keys.2"].put(
        -1, 1 << 50
    ),
}


@pytest.mark.parametrize("sentence", DAMAGED)
def test_a_damaged_model_is_told(trigram, sentence):
    arrays = {name: array.copy() for name, array in trigram.arrays().items()}
    DAMAGED[sentence](arrays)
    with pytest.raises(RunError, match=f"the n-gram model is damaged: {sentence}") as error:
        Backoff.from_arrays(arrays)
    assert "backup" in error.value.hint
