"""Windows of drawn lengths: every symbol once, at borders that only the seed and the epoch decide."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from weft.data.batching import StreamFeed
from weft.data.windows import SHORTEST, Windows

AWD = {"spread": 5.0, "half": 0.05}


@given(st.integers(1, 5000), st.integers(1, 90), st.floats(0, 30), st.floats(0, 0.9), st.integers(0, 3))
def test_windows_tile_the_stream(steps, base, spread, half, epoch):
    edges = Windows(base, spread, half).edges(steps, epoch)
    lengths = np.diff(edges)
    assert edges[0] == 0
    assert edges[-1] == steps
    assert (lengths > 0).all()
    assert (lengths[:-1] >= min(SHORTEST, base)).all()
    assert lengths.max() <= 2 * base


def test_without_spread_windows_are_of_one_length():
    assert Windows(7).edges(23, 3).tolist() == [0, 7, 14, 21, 23]
    assert not Windows(7).drawn


def test_lengths_are_those_of_the_paper():
    lengths = np.diff(Windows(70, **AWD).edges(70 * 20_000, 0))[:-1]
    short = lengths < 52
    assert short.mean() == pytest.approx(0.05, abs=0.01)
    assert lengths[short].mean() == pytest.approx(35, abs=1)
    assert lengths[~short].mean() == pytest.approx(70, abs=1)
    assert lengths[~short].std() == pytest.approx(5, abs=0.5)


def test_borders_are_the_seeds_and_the_epochs():
    edges = {(seed, epoch): Windows(20, **AWD, seed=seed).edges(2000, epoch) for seed in (1, 2) for epoch in (0, 1)}
    assert len({tuple(each) for each in edges.values()}) == 4
    assert np.array_equal(edges[1, 1], Windows(20, **AWD, seed=1).edges(2000, 1))


def test_a_feed_of_drawn_windows_reads_every_symbol_once_and_scales_the_rate():
    ids = np.arange(1, 998, dtype=np.uint16)
    feed = StreamFeed(ids, streams=3, window=Windows(20, **AWD), start_id=0)
    for epoch in (0, 5):
        batches = list(feed.epoch(epoch))
        columns = [np.concatenate([batch.targets[row, : batch.lengths[row]] for batch in batches]) for row in range(3)]
        assert np.concatenate(columns).tolist() == ids.tolist()
        for one, two in pairwise(batches):
            assert two.ids[:, 0].tolist() == one.targets[:, -1].tolist()
        assert all(batch.rate == batch.lengths.min().item() / 20 for batch in batches)
        assert len({batch.rate for batch in batches}) > 3
    assert all(batch.rate == 1.0 for batch in StreamFeed(ids, streams=3, window=20, start_id=0).epoch(0))
