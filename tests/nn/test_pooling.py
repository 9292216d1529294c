"""Pooling over time: by hand, and blind to the padding."""

import pytest
import torch

from weft.errors import ConfigError, ShapeError
from weft.nn import pool
from weft.nn.pooling import KINDS

from closeness import assert_close

Y = torch.tensor([[[1.0, 8.0], [5.0, 2.0], [3.0, -4.0]], [[-1.0, -2.0], [9.0, 9.0], [9.0, 9.0]]])
LENGTHS = torch.tensor([3, 1])


@pytest.mark.parametrize(
    ("kind", "directions", "expected"),
    [
        ("last", 1, [[3.0, -4.0], [-1.0, -2.0]]),
        ("last", 2, [[3.0, 8.0], [-1.0, -2.0]]),
        ("max", 1, [[5.0, 8.0], [-1.0, -2.0]]),
        ("mean", 2, [[3.0, 2.0], [-1.0, -2.0]]),
    ],
)
def test_by_hand(kind, directions, expected):
    assert_close(kind, torch.tensor(expected), pool(kind, Y, LENGTHS, directions=directions))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("directions", [1, 2])
def test_padding_never_counts(kind, directions):
    poisoned = Y.clone()
    poisoned[1, 1:] = torch.nan
    poisoned.requires_grad_()
    pooled = pool(kind, poisoned, LENGTHS, directions=directions)
    assert torch.equal(pooled, pool(kind, Y, LENGTHS, directions=directions))
    pooled.sum().backward()
    assert not poisoned.grad[1, 1:].any()


@pytest.mark.parametrize("kind", KINDS)
def test_numerical_gradient(kind):
    y = torch.randn(3, 4, 6, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda y: pool(kind, y, torch.tensor([4, 1, 3]), directions=2), (y,))


def test_unknown_kind():
    with pytest.raises(ConfigError, match=r"^unknown pooling 'maxx', did you mean 'max'\?$") as caught:
        pool("maxx", Y, LENGTHS)
    assert caught.value.hint == "known: last, max, mean"


def test_shapes_that_do_not_fit():
    with pytest.raises(
        ShapeError, match=r"^pool: expected outputs \[B, T, F\] and lengths \[B\], got \[2, 3, 2\] and \[3\]$"
    ):
        pool("max", Y, torch.tensor([1, 1, 1]))
    with pytest.raises(ShapeError, match=r"^pool: 2 directions do not share outputs of width 1$"):
        pool("last", Y[..., :1], LENGTHS, directions=2)
