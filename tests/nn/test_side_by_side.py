"""Encoders and decoders without recurrence: steps in turn are steps side by side, and padding does not matter."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from weft.config import Convolution, SelfAttention
from weft.errors import ShapeError
from weft.nn.attentive import Said
from weft.nn.convolutional import ConvolutionalDecoder, ConvolutionalEncoder
from weft.nn.positions import waves
from weft.nn.self_attention import Heads, SelfAttentionDecoder, SelfAttentionEncoder

LENGTHS, WRITTEN = torch.tensor([4, 2, 1]), torch.tensor([5, 3, 4])
KINDS = ("convolutional", "self-attention")
Both = tuple[ConvolutionalEncoder | SelfAttentionEncoder, ConvolutionalDecoder | SelfAttentionDecoder]


def made(kind: str) -> Both:
    torch.manual_seed(1)
    if kind == "convolutional":
        section = Convolution(hidden=5, layers=3, kernel=3)
        return ConvolutionalEncoder(section, 6).double().eval(), ConvolutionalDecoder(section, 6).double().eval()
    attention = SelfAttention(hidden=8, layers=2, heads=2, feedforward=12)
    reads = SelfAttentionEncoder(attention, 6)
    return reads.double().eval(), SelfAttentionDecoder(attention, 6, reads.width).double().eval()


def drawn() -> tuple[Tensor, Tensor]:
    torch.manual_seed(2)
    return torch.randn(3, 4, 6, dtype=torch.float64), torch.randn(3, 5, 6, dtype=torch.float64)


def run(both: Both, sources: Tensor, vectors: Tensor, rows: list[int]) -> Said:
    reads, writes = both
    places = torch.tensor(rows)
    lengths, written = LENGTHS[places], WRITTEN[places]
    memory = writes.remember(reads(sources[places, : int(lengths.max())], lengths), lengths)
    state = writes.begin(memory, memory.states[:, 0, :0], {})
    return writes(vectors[places, : int(written.max())], written, memory, state)


@pytest.mark.parametrize("kind", KINDS)
def test_steps_in_turn_are_steps_side_by_side(kind: str) -> None:
    reads, writes = made(kind)
    sources, vectors = drawn()
    whole = run((reads, writes), sources, vectors, [0, 1, 2])
    memory = writes.remember(reads(sources, LENGTHS), LENGTHS)
    state = writes.begin(memory, memory.states[:, 0, :0], {})
    rows = torch.tensor([0, 0, 1, 1, 2, 2])
    state = {name: value[rows] for name, value in state.items()}
    for step in range(5):
        said = writes.step(vectors[rows, step], memory, state)
        state = said.state
        torch.testing.assert_close(said.readouts[::2, 0], whole.readouts[:, step], rtol=1e-10, atol=1e-10)
        torch.testing.assert_close(said.readouts[1::2, 0], whole.readouts[:, step], rtol=1e-10, atol=1e-10)
        assert said.weights is not None
        torch.testing.assert_close(said.weights.sum(-1), torch.ones(6, 1, dtype=torch.float64))
        for row, length in enumerate(LENGTHS[[0, 0, 1, 1, 2, 2]].tolist()):
            assert not said.weights[row, 0, length:].any()


@pytest.mark.parametrize("kind", KINDS)
def test_neither_company_nor_padding_matters(kind: str) -> None:
    both = made(kind)
    sources, vectors = drawn()
    for row, length in enumerate(LENGTHS.tolist()):
        sources[row, length:] = math.nan
    together = run(both, sources, vectors, [0, 1, 2])
    for row in range(3):
        alone = run(both, sources, vectors, [row])
        torch.testing.assert_close(
            together.readouts[row, : WRITTEN[row]], alone.readouts[0, : WRITTEN[row]], rtol=1e-10, atol=1e-10
        )


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_is_seen_before_its_time(kind: str) -> None:
    both = made(kind)
    sources, vectors = drawn()
    before = run(both, sources, vectors, [0, 1, 2])
    vectors[:, 3] += 1.0
    after = run(both, sources, vectors, [0, 1, 2])
    assert torch.equal(before.readouts[:, :3], after.readouts[:, :3])
    assert not torch.equal(before.readouts[:, 3:], after.readouts[:, 3:])


@pytest.mark.parametrize("kind", KINDS)
def test_gradients_reach_every_parameter(kind: str) -> None:
    reads, writes = made(kind)
    run((reads, writes), *drawn(), [0, 1, 2]).readouts.square().sum().backward()
    for side in (reads, writes):
        for name, parameter in side.named_parameters():
            assert parameter.grad is not None, name
            assert bool(parameter.grad.isfinite().all()), name


def test_heads_by_definition() -> None:
    heads = Heads(6, 2)
    torch.manual_seed(3)
    query, keys, values = (torch.randn(1, count, 6, dtype=torch.float64) for count in (2, 3, 3))
    hidden = torch.tensor([[False, False, True]])
    found = heads(query, keys, values, hidden)
    weights = []
    for head in (slice(0, 3), slice(3, 6)):
        scores = query[0, :, head] @ keys[0, :2, head].T / math.sqrt(3)
        weights.append(torch.softmax(scores, dim=-1))
        torch.testing.assert_close(found[0, :, head], weights[-1] @ values[0, :2, head])
    torch.testing.assert_close(heads.weights(query, keys, hidden)[0, :, :2], torch.stack(weights).mean(dim=0))
    with pytest.raises(ShapeError, match="6 units cannot be shared out among 4 heads"):
        Heads(6, 4)


def test_waves_by_definition() -> None:
    found = waves(torch.tensor([0, 7]), 4, torch.zeros(1, dtype=torch.float64))
    assert found[0].tolist() == [0.0, 1.0, 0.0, 1.0]
    wanted = [math.sin(7), math.cos(7), math.sin(7 / 100), math.cos(7 / 100)]
    torch.testing.assert_close(found[1], torch.tensor(wanted, dtype=torch.float64), rtol=1e-6, atol=1e-6)
