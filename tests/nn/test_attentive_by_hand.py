"""All steps of the decoder taken by hand are the steps taken one by one: outputs, states and every gradient."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest
import torch
from torch import Tensor

from weft.config import Decoder
from weft.errors import BackendError
from weft.nn.attentive import AttentiveDecoder, Parts, Said

READ, WRITTEN = torch.tensor([4, 2, 5, 1]), torch.tensor([3, 6, 1, 4])
STEPS = 7
BEFORE: dict[str, Any] = {"query": "previous"}
FED: dict[str, Any] = {"query": "current", "feeding": True}
KINDS: dict[str, dict[str, Any]] = {
    f"{cell} {score} {'fed' if 'feeding' in order else 'before'}{' input' if reads else ''}": {
        "cell": cell,
        "attention": score,
        "readout_input": reads,
        **order,
    }
    for cell, score, order, reads in product(
        ("gru", "lstm"), ("additive", "bilinear", "dot"), (BEFORE, FED), (False, True)
    )
}
KINDS |= {
    "no biases": {**BEFORE, "options": {"bias": False}},
    "no biases, lstm": {**BEFORE, "cell": "lstm", "options": {"bias": False}},
    "perceptron of its own width": {**BEFORE, "attention_width": 3},
    "maxout before": {**BEFORE, "readout_kind": "maxout", "readout": 4},
    "maxout fed": {**FED, "readout_kind": "maxout", "readout": 4, "readout_input": True},
    "as it is": {**BEFORE, "readout_kind": "none"},
    "two layers before": {**BEFORE, "layers": 2, "cell": "lstm"},
    "three layers fed": {**FED, "layers": 3},
}
BY_STEPS: dict[str, dict[str, Any]] = {
    "reset before": {**BEFORE, "options": {"reset": "before"}},
    "peepholes": {**BEFORE, "cell": "lstm", "options": {"peepholes": True}},
    "projection": {**BEFORE, "cell": "lstm", "options": {"projection": 3}},
    "elman": {**BEFORE, "cell": "elman"},
    "coverage": {**BEFORE, "coverage": True},
    "window": {**BEFORE, "window": 1},
    "loop": {**BEFORE, "kernel": "loop"},
    "weights dropped": {**BEFORE, "weight_dropout": 0.5},
}


def made(kind: dict[str, Any], dtype: torch.dtype = torch.float64) -> AttentiveDecoder:
    torch.manual_seed(1)
    section = Decoder.model_validate({"hidden": 6, **kind})
    decoder = AttentiveDecoder(section, input_size=3, memory_size=6, summary_size=6, encoder_states={"h.0": 6})
    return decoder.to(dtype)


def drawn(dtype: torch.dtype) -> tuple[Tensor, Tensor, Tensor]:
    torch.manual_seed(2)
    vectors, states, summary = (torch.randn(*size, dtype=dtype) for size in ((4, STEPS, 3), (4, 5, 6), (4, 6)))
    states = torch.where(torch.arange(5).view(1, 5, 1) < READ.view(4, 1, 1), states, torch.nan)
    return vectors.requires_grad_(), states.requires_grad_(), summary.requires_grad_()


def told(said: Said, written: Tensor = WRITTEN) -> dict[str, Tensor]:
    """All that is said, zero at padding."""
    real = (torch.arange(STEPS) < written.unsqueeze(1)).unsqueeze(-1)
    assert said.weights is not None
    return {
        "readouts": torch.where(real, said.readouts, 0.0),
        "weights": torch.where(real, said.weights, 0.0),
        **said.state,
    }


def run(decoder: AttentiveDecoder, dtype: torch.dtype, written: Tensor = WRITTEN) -> dict[str, Tensor]:
    """What is said, and the gradients of a random function of it all."""
    decoder.zero_grad()
    vectors, states, summary = drawn(dtype)
    memory = decoder.remember(states, READ)
    said = told(decoder(vectors, written, memory, decoder.begin(memory, summary, {})), written)
    torch.manual_seed(3)
    sum((value * torch.randn_like(value)).sum() for value in said.values()).backward()
    gradients = {"vectors": vectors.grad, "states": states.grad, "summary": summary.grad}
    gradients |= {name: parameter.grad for name, parameter in decoder.named_parameters()}
    return {**said, **{f"gradient of {name}": value for name, value in gradients.items()}}


def check(decoder: AttentiveDecoder, dtype: torch.dtype, close: float, written: Tensor = WRITTEN) -> None:
    vectors, *_ = drawn(dtype)
    assert not decoder.refuse_turns(vectors, written)
    by_hand = run(decoder, dtype, written)
    decoder.recurrent.kernel = "loop"
    assert decoder.refuse_turns(vectors, written)
    by_steps = run(decoder, dtype, written)
    assert by_hand.keys() == by_steps.keys()
    for name, value in by_steps.items():
        torch.testing.assert_close(
            by_hand[name], value, rtol=close, atol=close, msg=lambda text, name=name: name + text
        )


@pytest.mark.parametrize("kind", KINDS)
def test_in_double_precision(kind: str) -> None:
    check(made(KINDS[kind]), torch.float64, 1e-10)


@pytest.mark.parametrize("kind", KINDS)
def test_in_single_precision(kind: str) -> None:
    check(made(KINDS[kind], torch.float32), torch.float32, 1e-5)


@pytest.mark.parametrize("written", [[7, 7, 7, 7], [1, 1, 1, 1], [7, 1, 7, 7]])
@pytest.mark.parametrize("order", [BEFORE, FED])
def test_lengths(order: dict[str, Any], written: list[int]) -> None:
    check(made(order), torch.float64, 1e-10, torch.tensor(written))


@pytest.mark.parametrize("kind", ["gru additive before input", "lstm bilinear fed"])
def test_the_same_twice(kind: str) -> None:
    decoder = made({**KINDS[kind], "layers": 2, "dropout": 0.3}, torch.float32)
    runs = []
    for _ in range(2):
        torch.manual_seed(5)
        decoder.zero_grad()
        vectors, states, summary = drawn(torch.float32)
        memory = decoder.remember(states, READ)
        torch.manual_seed(5)
        decoder(vectors, WRITTEN, memory, decoder.begin(memory, summary, {})).readouts.sum().backward()
        runs.append([states.grad, *(parameter.grad for parameter in decoder.parameters())])
    assert all(map(torch.equal, *runs))


@pytest.mark.parametrize("locked", [False, True])
@pytest.mark.parametrize("order", [BEFORE, FED])
def test_gradients_through_dropout(order: dict[str, Any], locked: bool) -> None:
    decoder = made({**order, "layers": 2, "dropout": 0.4, "locked": locked})
    _, states, summary = (each.detach() for each in drawn(torch.float64))

    def readouts(vectors: Tensor, *_: Tensor) -> Tensor:
        torch.manual_seed(6)
        memory = decoder.remember(states, READ)
        return told(decoder(vectors, WRITTEN, memory, decoder.begin(memory, summary, {})))["readouts"]

    vectors = drawn(torch.float64)[0]
    assert torch.autograd.gradcheck(readouts, (vectors, *decoder.recurrent.parameters()))
    assert not torch.equal(readouts(vectors), made({**order, "layers": 2})(*_call(decoder, vectors)).readouts)


def _call(decoder: AttentiveDecoder, vectors: Tensor) -> tuple[Any, ...]:
    _, states, summary = drawn(torch.float64)
    memory = decoder.remember(states, READ)
    return vectors, WRITTEN, memory, decoder.begin(memory, summary, {})


@pytest.mark.parametrize("kind", BY_STEPS)
def test_who_goes_step_by_step(kind: str) -> None:
    decoder = made(BY_STEPS[kind])
    vectors = drawn(torch.float64)[0]
    assert decoder.refuse_turns(vectors, WRITTEN)
    assert decoder(*_call(decoder, vectors)).readouts.shape[:2] == (4, STEPS)


def test_what_cannot_be_looked_into() -> None:
    decoder = made(BEFORE, torch.float32)
    vectors = drawn(torch.float32)[0]
    refused = []

    def look(x: Tensor) -> Tensor:
        refused.append(decoder.refuse_turns(x, WRITTEN))
        return x.sum()

    torch.func.grad(look)(vectors)
    with torch.autograd.forward_ad.dual_level():
        look(vectors)
    with torch.autocast("cpu", torch.bfloat16):
        look(vectors)
    refused.append(decoder.refuse_turns(vectors.double(), WRITTEN))
    refused.append(decoder.refuse_turns(vectors, torch.tensor([1, 0, 2, 3])))
    assert all(refused)


def test_no_gradient_of_the_gradient() -> None:
    decoder = made(BEFORE)
    vectors = drawn(torch.float64)[0]
    readouts = decoder(*_call(decoder, vectors)).readouts
    with pytest.raises(BackendError, match="no gradient of their gradient") as raised:
        torch.autograd.grad(readouts.sum(), vectors, create_graph=True)
    assert raised.value.hint == 'use kernel = "loop" for second derivatives'


def test_a_graph_can_be_gone_through_twice() -> None:
    decoder = made(FED)
    vectors = drawn(torch.float64)[0]
    total = decoder(*_call(decoder, vectors)).readouts.sum()
    first = torch.autograd.grad(total, vectors, retain_graph=True)[0]
    assert torch.equal(first, torch.autograd.grad(total, vectors)[0])


def test_without_a_graph() -> None:
    decoder = made(FED)
    vectors = drawn(torch.float64)[0]
    with_graph = decoder(*_call(decoder, vectors)).readouts
    with torch.inference_mode():
        without = decoder(*_call(decoder, vectors.detach())).readouts
    assert torch.equal(with_graph, without)


def test_a_changed_weight_is_noticed() -> None:
    decoder = made(BEFORE)
    readouts = decoder(*_call(decoder, drawn(torch.float64)[0])).readouts
    with torch.no_grad():
        decoder.recurrent.weight_hh_l0.add_(1.0)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        readouts.sum().backward()


@pytest.mark.parametrize("kind", ["gru additive before input", "lstm bilinear fed", "two layers before"])
def test_steps_on_packed_weights(kind: str) -> None:
    decoder = made(KINDS[kind], torch.float32).eval()
    with torch.inference_mode():
        vectors, states, summary = (each.detach() for each in drawn(torch.float32))
        memory = decoder.remember(states, READ)
        state = decoder.begin(memory, summary, {})
        plain, packed = (decoder.step(vectors[:, 0], memory, state, by) for by in (None, decoder.packed()))
        torch.testing.assert_close(packed.readouts, plain.readouts, rtol=1e-5, atol=1e-6)
        for name, value in plain.state.items():
            torch.testing.assert_close(packed.state[name], value, rtol=1e-5, atol=1e-6)


def test_where_weights_are_not_packed() -> None:
    decoder = made(BEFORE)
    assert decoder.packed() == Parts(decoder.recurrent, decoder.attention.of_query, decoder.readout.linear)
    with torch.autocast("cpu", torch.bfloat16):
        single = made(BEFORE, torch.float32)
        assert single.packed() == Parts(single.recurrent)


def test_log_softmax_in_place() -> None:
    scores = torch.randn(70, 6001)
    scores[:, 3] = -torch.inf
    expected = torch.log_softmax(scores, dim=-1)
    assert torch.equal(torch.log_softmax(scores, dim=-1, out=scores), expected)
