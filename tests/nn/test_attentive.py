"""The decoder with attention: steps in turn and side by side are the same, and a row does not know its company."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor

from weft.config import Decoder
from weft.errors import ConfigError
from weft.nn.attentive import AttentiveDecoder, Readout, Said
from weft.types import State

KINDS: dict[str, dict[str, Any]] = {
    "bahdanau": {"attention": "additive", "query": "previous", "readout_kind": "maxout", "readout_input": True},
    "coverage": {"attention": "additive", "query": "previous", "coverage": True},
    "luong": {"attention": "bilinear", "query": "current", "feeding": True, "layers": 2, "cell": "lstm"},
    "luong, one after the other": {"attention": "dot", "query": "current", "hidden": 6},
    "local": {"attention": "bilinear", "query": "current", "window": 1},
    "fixed vector": {"attention": "none", "summary": True, "readout_kind": "maxout"},
    "start only": {"attention": "none", "readout_kind": "none", "cell": "elman"},
}
LENGTHS, WRITTEN = torch.tensor([4, 2, 1]), torch.tensor([5, 3, 4])


def made(kind: str) -> AttentiveDecoder:
    torch.manual_seed(1)
    section = Decoder.model_validate({"hidden": 5, "kernel": "loop", **KINDS[kind]})
    return AttentiveDecoder(
        section, input_size=3, memory_size=6, summary_size=6, encoder_states={"h.0": 3, "h.0.reverse": 3}
    ).double()


def drawn() -> tuple[Tensor, Tensor, Tensor]:
    torch.manual_seed(2)
    return tuple(torch.randn(*size, dtype=torch.float64) for size in ((3, 5, 3), (3, 4, 6), (3, 6)))


def run(decoder: AttentiveDecoder, rows: list[int] | None = None) -> Said:
    vectors, states, summary = drawn()
    places = torch.arange(3) if rows is None else torch.tensor(rows)
    lengths = LENGTHS[places]
    longest = int(WRITTEN[places].max())
    memory = None
    if decoder.attention is not None:
        memory = decoder.attention.remember(states[places, : int(lengths.max())], lengths)
    state = decoder.begin(memory, summary[places], {})
    return decoder(vectors[places, :longest], WRITTEN[places], memory, state)


@pytest.mark.parametrize("kind", KINDS)
def test_steps_in_turn_are_steps_side_by_side(kind: str) -> None:
    decoder = made(kind)
    whole = run(decoder)
    vectors, states, summary = drawn()
    memory = None if decoder.attention is None else decoder.attention.remember(states, LENGTHS)
    state: State = decoder.begin(memory, summary, {})
    for step in range(5):
        said = decoder.step(vectors[:, step], memory, state)
        state = said.state
        written = step < WRITTEN
        torch.testing.assert_close(said.readouts[written, 0], whole.readouts[written, step], rtol=1e-12, atol=1e-12)
        if whole.weights is not None:
            torch.testing.assert_close(said.weights[written, 0], whole.weights[written, step], rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("kind", KINDS)
def test_a_row_does_not_know_its_company(kind: str) -> None:
    decoder = made(kind)
    together = run(decoder)
    for row in range(3):
        alone = run(decoder, [row]).readouts[0, : WRITTEN[row]]
        torch.testing.assert_close(together.readouts[row, : WRITTEN[row]], alone, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("kind", KINDS)
def test_rows_of_one_source_share_its_memory(kind: str) -> None:
    decoder = made(kind)
    vectors, states, summary = drawn()
    memory = None if decoder.attention is None else decoder.attention.remember(states, LENGTHS)
    state = decoder.begin(memory, summary, {})
    rows = torch.tensor([0, 0, 1, 1, 2, 2])
    shared = decoder.step(vectors[rows, 0], memory, {name: value[rows] for name, value in state.items()})
    one = decoder.step(vectors[:, 0], memory, state)
    torch.testing.assert_close(shared.readouts, one.readouts[rows], rtol=1e-12, atol=1e-12)
    for name, value in one.state.items():
        torch.testing.assert_close(shared.state[name], value[rows], rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("kind", KINDS)
def test_gradients_reach_every_parameter(kind: str) -> None:
    decoder = made(kind)
    run(decoder).readouts.square().sum().backward()
    for name, parameter in decoder.named_parameters():
        assert parameter.grad is not None, name
        assert bool(parameter.grad.isfinite().all()), name


def test_bahdanau_by_its_equations() -> None:
    decoder = made("bahdanau")
    vectors, states, summary = drawn()
    said = run(decoder)
    attention, cell = decoder.attention, decoder.recurrent
    s = torch.tanh(decoder.bridge.linear["h_0"](summary[1]))
    for step in range(3):
        scores = torch.stack(
            [attention.of_tanh @ torch.tanh(attention.of_query(s) + attention.of_state(h)) for h in states[1, :2]]
        )
        context = torch.softmax(scores, dim=0) @ states[1, :2]
        s, _ = cell.step(torch.cat([vectors[1, step], context])[None], {"h.0": s[None]})
        s = s[0]
        t = decoder.readout.linear(torch.cat([s, context, vectors[1, step]]))
        torch.testing.assert_close(said.readouts[1, step], torch.maximum(t[0::2], t[1::2]), rtol=1e-12, atol=1e-12)


def test_states_that_cannot_be_copied() -> None:
    section = Decoder(cell="lstm", hidden=5, start="copy")
    with pytest.raises(ConfigError, match=r"the encoder has h.0 \(3\), the decoder h.0 \(5\), c.0 \(5\)") as raised:
        AttentiveDecoder(section, input_size=3, memory_size=6, summary_size=6, encoder_states={"h.0": 3})
    assert raised.value.hint == "make them alike, or set decoder.start to learned"


def test_readouts() -> None:
    x = torch.randn(2, 4)
    assert Readout("none", 4, 9).width == 4
    assert torch.equal(Readout("none", 4, 9)(x), x)
    assert Readout("tanh", 4, 3)(x).abs().max() <= 1
    assert Readout("maxout", 4, 3)(x).shape == (2, 3)
