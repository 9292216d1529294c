"""Losses: sums in nats by hand, what counts, and what must not."""

import math

import pytest
import torch
from torch import Tensor

from weft.errors import ShapeError
from weft.nn import label_loss, multi_label_loss, next_symbol_loss

from closeness import assert_close

LOGITS = torch.tensor([[1.0, 2.0, 0.5], [0.0, -1.0, 3.0], [0.3, 0.3, 0.3]], dtype=torch.float64)


def nats(row: list[float], target: int) -> float:
    return math.log(sum(math.exp(each) for each in row)) - row[target]


def test_label_loss_by_hand():
    total, count = label_loss(LOGITS, torch.tensor([2, 0, 1]))
    expected = sum(nats(row, target) for row, target in zip(LOGITS.tolist(), [2, 0, 1], strict=True))
    assert total.item() == pytest.approx(expected)
    assert count == 3


def test_unknown_labels_do_not_count():
    total, count = label_loss(LOGITS, torch.tensor([2, -1, -1]))
    assert (total.item(), count) == (pytest.approx(nats([1.0, 2.0, 0.5], 2)), 1)
    total, count = label_loss(LOGITS, torch.tensor([-1, -1, -1]))
    assert (total.item(), count) == (0.0, 0)


def test_class_weights():
    total, count = label_loss(LOGITS, torch.tensor([2, 0, 1]), torch.tensor([2.0, 1.0, 0.0]))
    assert (total.item(), count) == (pytest.approx(2 * nats([0.0, -1.0, 3.0], 0) + nats([0.3, 0.3, 0.3], 1)), 3)


def test_multi_label_loss_by_hand():
    targets = torch.tensor([[1.0, 0.0, 1.0], [0.0, 0.0, 0.0], [1.0, 1.0, 1.0]])
    total, count = multi_label_loss(LOGITS, targets, torch.tensor([1.0, 2.0, 3.0]))
    expected = sum(
        (place + 1) * math.log1p(math.exp(-logit if target else logit))
        for row, wanted in zip(LOGITS.tolist(), targets.tolist(), strict=True)
        for place, (logit, target) in enumerate(zip(row, wanted, strict=True))
    )
    assert (total.item(), count) == (pytest.approx(expected), 3)


@pytest.mark.parametrize("lengths", [[3, 3], [3, 1]])
def test_next_symbol_loss_counts_real_steps_only(lengths):
    generator = torch.Generator().manual_seed(1)
    logits = torch.randn(2, 3, 4, generator=generator, dtype=torch.float64)
    targets = torch.tensor([[1, 2, 3], [0, -1, 3]])
    places = [(b, t) for b in range(2) for t in range(lengths[b]) if targets[b, t] >= 0]
    expected = sum(nats(logits[place].tolist(), int(targets[place])) for place in places)
    for row, length in enumerate(lengths):
        logits[row, length:] = torch.nan
    logits.requires_grad_()
    total, count = next_symbol_loss(logits, targets, torch.tensor(lengths))
    assert (total.item(), count) == (pytest.approx(expected), len(places))
    total.backward()
    assert torch.isfinite(logits.grad).all()


def test_numerical_gradients():
    logits = LOGITS.clone().requires_grad_()
    cube = LOGITS.reshape(1, 3, 3).clone().requires_grad_()
    weights = torch.tensor([0.5, 2.0, 1.0])
    assert torch.autograd.gradcheck(lambda x: label_loss(x, torch.tensor([2, -1, 1]), weights)[0], (logits,))
    assert torch.autograd.gradcheck(lambda x: multi_label_loss(x, torch.eye(3))[0], (logits,))
    assert torch.autograd.gradcheck(
        lambda x: next_symbol_loss(x, torch.tensor([[1, 2, 0]]), torch.tensor([2]))[0], (cube,)
    )


def test_half_types_are_widened():
    narrow = LOGITS.bfloat16()
    total, _ = label_loss(narrow, torch.tensor([2, 0, 1]))
    assert total.dtype == torch.float32
    assert_close("nats", label_loss(narrow.float(), torch.tensor([2, 0, 1]))[0], total)
    assert multi_label_loss(narrow, torch.eye(3))[0].dtype == torch.float32


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (
            lambda: label_loss(LOGITS, torch.tensor([0, 1])),
            r"^label loss: expected logits \[B, C\] and targets \[B\], got \[3, 3\] and \[2\]$",
        ),
        (
            lambda: multi_label_loss(LOGITS, torch.zeros(3, 2)),
            r"^multi-label loss: expected logits and targets \[B, C\], got \[3, 3\] and \[3, 2\]$",
        ),
        (
            lambda: next_symbol_loss(LOGITS, torch.zeros(3), torch.tensor([1, 1, 1])),
            r"^next-symbol loss: expected logits \[B, T, V\], targets \[B, T\], lengths \[B\], got"
            r" \[3, 3\], \[3\], \[3\]$",
        ),
        (
            lambda: label_loss(LOGITS, torch.tensor([0, 1, 2]), torch.ones(2)),
            r"^class weights: expected \[3\], one a class, got \[2\]$",
        ),
    ],
)
def test_shapes_that_do_not_fit(call, sentence):
    with pytest.raises(ShapeError, match=sentence):
        call()


def test_result_is_a_tensor_with_its_graph():
    logits = LOGITS.clone().requires_grad_()
    total, _ = label_loss(logits, torch.tensor([0, 1, 2]))
    assert isinstance(total, Tensor)
    assert total.requires_grad
