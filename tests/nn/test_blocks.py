"""Blocks about recurrent layers: what they compute by hand, in ragged batches, in pieces and step by step."""

import pytest
import torch
from torch import Tensor
from torch.nn import functional

from weft.config import Encoder
from weft.errors import BackendError, ConfigError, ShapeError
from weft.nn.blocks import Blocks, encoder
from weft.nn.recurrent import Recurrent
from weft.nn.stepper import core_decoder
from weft.types import LookUp

from closeness import assert_close

D, T = 6, 7
SECTIONS = {
    "residual, rms, feedforward": {"residual": True, "norm": "rms", "feedforward": 9},
    "residual": {"residual": True},
    "layer": {"norm": "layer"},
    "residual, learned start, other widths": {"residual": True, "hidden": 4, "learned_start": True, "cell": "lstm"},
    "both directions": {"residual": True, "norm": "layer", "hidden": 3, "bidirectional": True, "cell": "gru"},
}
FORWARD = [name for name, values in SECTIONS.items() if "bidirectional" not in values]


def stack(name: str, **more: object) -> Blocks:
    torch.manual_seed(2)
    blocks = encoder(Encoder(**{"cell": "mingru", "hidden": D, "layers": 3, **SECTIONS[name], **more}), D)
    assert isinstance(blocks, Blocks)
    for parameter in blocks.parameters():  # gains of 1 and starts of 0 would hide themselves
        torch.nn.init.normal_(parameter, std=0.5)
    return blocks.double()


def drawn(rows: int = 3) -> Tensor:
    return torch.randn(rows, T, D, generator=torch.Generator().manual_seed(1), dtype=torch.float64)


def by_hand(blocks: Blocks, x: Tensor, section: dict[str, object]) -> Tensor:
    def norm(x: Tensor, part: torch.nn.Module) -> Tensor:
        match section.get("norm", "none"):
            case "layer":
                return functional.layer_norm(x, x.shape[-1:], part.weight, part.bias)
            case "rms":
                return part.weight * x / (x.square().mean(dim=-1, keepdim=True) + 1e-6).sqrt()
        return x

    for block in blocks.blocks:
        y = block.recurrent(norm(x, block.norm))[0]
        x = x + y if section.get("residual") and x.shape == y.shape else y
        if "feedforward" in section:
            before, first, _, second = block.feedforward
            x = x + second(functional.gelu(first(norm(x, before))))
    return norm(x, blocks.norm) if section.get("residual") else x


@pytest.mark.parametrize("name", SECTIONS)
def test_outputs_and_gradients_by_hand(name: str) -> None:
    blocks, x = stack(name), drawn().requires_grad_()
    y, _ = blocks(x)
    expected = by_hand(blocks, x, SECTIONS[name])
    assert blocks.width == y.shape[-1]
    assert_close("outputs", expected, y)
    leaves, weights = [x, *blocks.parameters()], torch.linspace(-1, 1, y.numel()).reshape(y.shape)
    wanted, found = (torch.autograd.grad((each * weights).sum(), leaves) for each in (expected, y))
    for one, other in zip(wanted, found, strict=True):
        assert_close("gradient", one, other)


@pytest.mark.parametrize("name", SECTIONS)
def test_rows_do_not_know_their_padding(name: str) -> None:
    blocks, x, lengths = stack(name), drawn(), torch.tensor([7, 2, 5])
    for row, length in enumerate(lengths.tolist()):
        x[row, length:] = torch.nan
    x.requires_grad_()
    y, after = blocks(x, lengths)
    for row, length in enumerate(lengths.tolist()):
        alone, ended = blocks(x[row : row + 1, :length])
        assert_close("outputs", alone[0], y[row, :length])
        assert not y[row, length:].any()
        for key, value in ended.items():
            assert_close(key, value[0], after[key][row])
    y.sum().backward()
    assert all(torch.isfinite(parameter.grad).all() for parameter in blocks.parameters())


@pytest.mark.parametrize("name", FORWARD)
def test_pieces_and_steps_are_the_whole(name: str) -> None:
    blocks, x = stack(name), drawn()
    whole, ended = blocks(x)
    first, state = blocks(x[:, :3])
    second, after = blocks(x[:, 3:], torch.tensor([4, 4, 4]), state)
    assert_close("in pieces", whole, torch.cat([first, second], dim=1))
    steps, state = [], blocks.begin(3)
    assert {key: value.shape[1] for key, value in state.items()} == blocks.state_sizes()
    for each in x.unbind(dim=1):
        y, state = blocks.step(each, state)
        steps.append(y)
    assert_close("step by step", whole, torch.stack(steps, dim=1))
    for key in blocks.state_sizes():
        assert_close(key, ended[key], after[key])
        assert_close(key, ended[key], state[key])


def test_every_kernel_runs_a_block() -> None:
    blocks, x, lengths = stack("residual, rms, feedforward").float(), drawn().float(), torch.tensor([7, 2, 5])
    found = []
    for kernel in ("loop", "scan", "core"):
        for block in blocks.blocks:
            block.recurrent.kernel = kernel
        found.append(blocks(x, lengths)[0])
    assert_close("scan", found[0], found[1])
    assert_close("core", found[0], found[2])


def test_symbols_are_read_as_their_vectors() -> None:
    blocks, table, ids = stack("residual"), drawn()[0], torch.tensor([[0, 3, 6], [1, 1, 2]])
    assert_close("outputs", blocks(table[ids])[0], blocks(LookUp(table, ids))[0])


def test_dropout_acts_on_what_is_added() -> None:
    blocks, x = stack("residual", dropout=0.999, norm="none"), drawn()
    assert_close("nothing is added", x, blocks.train()(x)[0])
    assert not torch.allclose(x, blocks.eval()(x)[0])


def test_a_plain_encoder_is_no_block() -> None:
    assert isinstance(encoder(Encoder(cell="gru", hidden=4, layers=2), 3), Recurrent)
    last = encoder(Encoder(cell="gru", hidden=4, layers=2, last_hidden=3, norm="layer"), 4)
    assert (last.width, last.state_sizes()) == (3, {"h.0": 4, "h.1": 3})


def test_what_blocks_refuse() -> None:
    blocks = stack("residual")
    with pytest.raises(
        BackendError, match=r"^the core cannot step here: norms and sums stand between the layers, which"
    ):
        core_decoder(blocks)
    with pytest.raises(ShapeError, match=r"^x: expected \[B, T, D\] \(rows, steps, input width\), got \[3, 6\]$"):
        blocks(drawn()[:, 0])
    with pytest.raises(ShapeError, match=r"^step: expected x \[B, D\] \(rows, input width\), got \[3, 7, 6\]$"):
        blocks.step(drawn(), blocks.begin(3))
    with pytest.raises(ShapeError, match=r"^state: expected the names h\.0, h\.1, h\.2; got h\.0$"):
        blocks(drawn(), None, {"h.0": torch.zeros(3, D)})
    with pytest.raises(ConfigError, match="reads each row from both ends and cannot stream"):
        stack("both directions").step(drawn()[:, 0], {})
