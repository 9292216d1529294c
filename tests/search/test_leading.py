"""The leading symbols of a row are those of a stable sort, however they are looked for."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from weft.search._leading import leading


@settings(max_examples=80, deadline=None)
@given(
    st.integers(0, 999),
    st.sampled_from([1, 3, 6, 64, 700, 2000, 2049]),
    st.integers(1, 7),
    st.sampled_from([0.01, 1.0, 5.0]),
)
def test_leading_symbols_are_those_of_a_stable_sort(seed: int, size: int, k: int, grain: float) -> None:
    numbers = np.random.default_rng(seed)
    logp = torch.tensor(np.floor(numbers.normal(size=(4, size)) * 3 / grain) * grain, dtype=torch.float32)
    logp[1, numbers.permutation(size)[: size - size // 3]] = -math.inf
    values, ids = leading(logp, k)
    ranked, order = logp.sort(dim=1, descending=True, stable=True)
    width = min(k, size)
    assert torch.equal(values, ranked[:, :width])
    real = values > -math.inf
    assert torch.equal(ids[real], order[:, :width][real])


@pytest.mark.parametrize("place", [0, 70, 1999])
@pytest.mark.parametrize("size", [80, 2000])
def test_what_is_not_a_number_leads(size: int, place: int) -> None:
    logp = torch.zeros(3, size)
    logp[1, min(place, size - 1)] = math.nan
    assert leading(logp, 4)[0][:, 0].isnan().tolist() == [False, True, False]
