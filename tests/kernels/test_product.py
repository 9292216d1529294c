"""A product with packed weights: against torch in float64, and what must not change a bit."""

import pytest
import torch

from weft.errors import BackendError, ShapeError
from weft.kernels import PackedLinear
from weft.kernels._extension import absence
from weft.kernels._extension import core as extension
from weft.nn.stepper import packed_linear

from closeness import assert_close, assert_same

pytestmark = pytest.mark.skipif(bool(absence()), reason=absence())


@pytest.fixture(params=["avx512", "avx2", "portable"], autouse=True)
def instructions(request: pytest.FixtureRequest):
    """Each instruction set that this machine has."""
    before = extension().instructions()
    if not extension().use_instructions(request.param):
        pytest.skip(f"no {request.param} here")
    yield
    extension().use_instructions(before)


def layer(inputs: int, outputs: int, bias: bool = True) -> torch.nn.Linear:
    torch.manual_seed(inputs + outputs)
    return torch.nn.Linear(inputs, outputs, bias=bias)


@pytest.mark.parametrize(("inputs", "outputs"), [(1, 1), (5, 16), (130, 33), (512, 1000), (257, 63)])
@pytest.mark.parametrize("bias", [True, False])
@torch.no_grad()
def test_equal_to_torch(inputs: int, outputs: int, bias: bool) -> None:
    own = layer(inputs, outputs, bias)
    for rows in (0, 1, 5, 49, 100):
        x = torch.randn(rows, inputs)
        got, exact = packed_linear(own)(x), own.double()(x.double())
        assert_close(f"{rows} vectors", exact.float(), got)
        own.float()


@torch.no_grad()
def test_neither_company_nor_threads_change_a_bit() -> None:
    own, x = PackedLinear(layer(300, 700).weight), torch.randn(7, 13, 300)
    together, before = own(x), torch.get_num_threads()
    torch.set_num_threads(3)
    assert_same("threads", together, own(x))
    torch.set_num_threads(before)
    for place in (0, 50, 90):
        assert_same("alone", together.flatten(0, 1)[place], own(x.flatten(0, 1)[place]))


@torch.no_grad()
def test_it_has_its_own_weights() -> None:
    own, x = layer(6, 4), torch.randn(2, 6)
    packed, expected = packed_linear(own), own(x)
    own.weight.zero_()
    assert_close("y", expected, packed(x))
    assert_close("of every second column", own(x), packed_linear(own)(torch.randn(2, 12)[:, ::2]))


def test_where_weights_are_not_packed() -> None:
    assert isinstance(packed_linear(layer(3, 2)), PackedLinear)
    exact = layer(3, 2).double()
    assert packed_linear(exact) is exact
    with pytest.raises(
        BackendError, match="no packed product in the core: the core takes float32 on a CPU, not float64"
    ):
        PackedLinear(exact.weight)
    with torch.autocast("cpu"):
        plain = layer(3, 2)
        assert packed_linear(plain) is plain


def test_what_does_not_fit_is_told() -> None:
    own = layer(3, 2)
    with pytest.raises(ShapeError, match=r"expected a weight \[V, D\] and a bias \[V\], got \[2, 3\] and \[3\]"):
        PackedLinear(own.weight, torch.zeros(3))
    with pytest.raises(ShapeError, match=r"expected float32 \[..., 3\] on cpu, got float32 \[5, 4\] on cpu"):
        PackedLinear(own.weight)(torch.zeros(5, 4))
    with pytest.raises(ShapeError, match="got float64"):
        PackedLinear(own.weight)(torch.zeros(5, 3, dtype=torch.float64))
