"""Every row and every symbol exactly once, in an order that only the seed and the epoch decide."""

from itertools import chain

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from weft.data.batching import BucketedFeed, StreamFeed, pad
from weft.data.corpus import Ragged, TokenFile
from weft.errors import DataError


def rows_of(lengths, seed=0):
    generator = np.random.default_rng(seed)
    ids = generator.integers(0, 200, sum(lengths)).astype(np.uint8)
    return Ragged(ids, np.cumsum([0, *lengths], dtype=np.int64))


def feed_of(lengths, **options):
    rows = rows_of(lengths)
    return rows, BucketedFeed(rows, np.arange(len(rows)), **{"batch_size": 4, "seed": 1, "shuffle": True, **options})


def order_of(feed, epoch):
    return np.concatenate([batch.rows for batch in feed.epoch(epoch)]).tolist()


@given(st.lists(st.integers(1, 9), min_size=1, max_size=40), st.integers(1, 7), st.booleans(), st.integers(0, 3))
def test_every_row_comes_once_whole_and_with_its_target(lengths, batch_size, shuffle, epoch):
    rows, feed = feed_of(lengths, batch_size=batch_size, shuffle=shuffle)
    seen = []
    for batch in feed.epoch(epoch):
        assert batch.ids.dtype == batch.lengths.dtype == batch.targets.dtype == torch.int64
        assert batch.ids.shape == (len(batch.rows), batch.lengths.max())
        assert 1 <= len(batch.rows) <= batch_size
        assert batch.targets.tolist() == batch.rows.tolist()
        assert batch.tokens == batch.lengths.sum()
        for place, row in enumerate(batch.rows):
            size = batch.lengths[place]
            assert batch.ids[place, :size].tolist() == rows[row].tolist()
            assert not batch.ids[place, size:].any()
        seen += batch.rows.tolist()
    assert sorted(seen) == list(range(len(rows)))
    assert feed.tokens == sum(lengths)


def test_the_order_is_the_seeds_and_the_epochs():
    lengths = np.random.default_rng(3).integers(1, 30, 500)
    orders = {(seed, epoch): order_of(feed_of(lengths, seed=seed)[1], epoch) for seed in (1, 2) for epoch in (0, 1)}
    assert len({tuple(order) for order in orders.values()}) == 4
    feed = feed_of(lengths)[1]
    later = order_of(feed, 1)
    assert later == orders[1, 1]
    assert order_of(feed, 0) == orders[1, 0]
    assert order_of(feed_of(lengths, shuffle=False)[1], 5) == np.argsort(lengths, kind="stable").tolist()


def test_buckets_leave_little_padding():
    lengths = np.random.default_rng(3).integers(1, 60, 5000)
    batches = feed_of(lengths, batch_size=32)[1].epoch(0)
    padded = sum(batch.ids.numel() for batch in batches)
    assert padded < 1.08 * lengths.sum()
    assert np.std([batch.ids.shape[1] for batch in batches[:20]]) > 5  # short and long batches are mixed


def test_targets_may_be_several_labels_or_none():
    rows = rows_of([2, 1])
    several = np.array([[1, 0, 1], [0, 0, 0]])
    batch = BucketedFeed(rows, several, batch_size=2, seed=1, shuffle=False).epoch(0)[0]
    assert batch.targets.dtype == torch.float32
    assert batch.targets.tolist() == [[0, 0, 0], [1, 0, 1]]
    assert BucketedFeed(rows, None, batch_size=2, seed=1, shuffle=False).epoch(0)[0].targets is None


def test_epochs_are_sequences():
    batches = feed_of([1] * 10, batch_size=3, shuffle=False)[1].epoch(0)
    assert len(batches) == 4
    assert batches[-1].rows.tolist() == batches[3].rows.tolist()
    assert [len(batch.rows) for batch in batches[2:]] == [3, 1]
    with pytest.raises(IndexError):
        batches[4]


def test_no_text_and_empty_texts_are_errors():
    with pytest.raises(DataError, match="there is no text to make batches of"):
        feed_of([])
    with pytest.raises(DataError, match=r"text 2 .counted from 0. has no symbol") as error:
        feed_of([3, 1, 0, 2])
    assert error.value.hint == "leave empty texts out"


@given(st.integers(1, 60), st.integers(1, 7), st.integers(1, 9))
def test_a_stream_is_read_once_column_by_column(length, streams, window):
    streams = min(streams, length)
    ids = np.arange(1, length + 1, dtype=np.uint16)
    feed = StreamFeed(ids, streams=streams, window=window, start_id=99)
    batches = feed.epoch(0)
    inputs, targets = ([[] for _ in range(streams)] for _ in range(2))
    for place, batch in enumerate(batches):
        assert batch.rows.tolist() == list(range(streams))
        assert batch.lengths.min() >= 1
        assert batch.ids.shape == batch.targets.shape == (streams, batch.lengths.max())
        assert batch.tokens == batch.lengths.sum()
        assert place == len(batches) - 1 or batch.lengths.tolist() == [window] * streams
        assert batch.lengths.max() <= window + 1
        for row, size in enumerate(batch.lengths):
            inputs[row] += batch.ids[row, :size].tolist()
            targets[row] += batch.targets[row, :size].tolist()
            assert not batch.ids[row, size:].any()
            assert not batch.targets[row, size:].any()
    assert list(chain(*targets)) == ids.tolist()
    assert list(chain(*inputs)) == [99, *ids.tolist()[:-1]]
    assert feed.tokens == length
    assert max(map(len, targets)) - min(map(len, targets)) <= 1


def test_a_mapped_stream_is_read_as_one_in_memory(tmp_path):
    ids = np.random.default_rng(0).integers(0, 50, 1000).astype(np.uint8)
    mapped = TokenFile.write([ids], tmp_path / "train", np.uint8).ids
    for one, other in zip(
        *(StreamFeed(x, streams=8, window=30, start_id=1).epoch(0) for x in (ids, mapped)), strict=True
    ):
        assert torch.equal(one.ids, other.ids)
        assert torch.equal(one.targets, other.targets)


def test_fewer_symbols_than_streams_is_an_error():
    with pytest.raises(DataError, match="the text has 3 symbols, too few for 4 parallel streams") as error:
        StreamFeed(np.zeros(3, np.uint8), streams=4, window=5, start_id=0)
    assert "training.batch_size" in error.value.hint


def test_pad_sets_rows_side_by_side():
    ids, lengths = pad([np.array([1, 2, 3], np.uint8), np.array([4], np.uint8)])
    assert ids.tolist() == [[1, 2, 3], [4, 0, 0]]
    assert lengths.tolist() == [3, 1]
    assert ids.dtype == lengths.dtype == torch.int64
