"""Output layers: what they say against plain torch, what training minimizes, what evaluation measures."""

from itertools import product

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from weft.errors import ConfigError, ShapeError
from weft.nn.losses import next_symbol_loss
from weft.nn.output import Adaptive, Full, Sampled, _pieces, output_layer, output_loss, output_nats
from weft.nn.output.adaptive import cutoffs_for
from weft.nn.output.sampled import expected_counts

from closeness import assert_close

D, V = 6, 30
KINDS = {
    "full": {},
    "sampled": {"samples": 8},
    "adaptive": {"cutoffs": (4, 13)},
    "adaptive, small clusters": {"cutoffs": (1, 2, 29)},
}


def layer(kind: str, *, tied: bool = False) -> Full | Adaptive:
    torch.manual_seed(3)
    table = nn.Parameter(0.4 * torch.randn(V, D)) if tied else None
    return output_layer(kind.partition(",")[0], D, V, table=table, **KINDS[kind]).double()


def drawn(rows: int = 3, steps: int = 5) -> tuple[Tensor, Tensor]:
    """Outputs and targets, some of which do not count."""
    generator = torch.Generator().manual_seed(1)
    outputs = torch.randn(rows, steps, D, generator=generator, dtype=torch.float64)
    return outputs, torch.randint(-1, V, (rows, steps), generator=generator)


def by_torch(output: Adaptive, x: Tensor) -> Tensor:
    """log p [N, V] by torch's own adaptive softmax, whose clusters have no biases."""
    twin = nn.AdaptiveLogSoftmaxWithLoss(D, V, list(output.cutoffs), div_value=1.0, head_bias=True).double()
    twin.head.weight.data, twin.head.bias.data = output.head.weight_and_bias()
    for place, (narrow, layer) in enumerate(output.clusters):
        nn.init.zeros_(layer.bias)
        twin.tail[place] = nn.Sequential(narrow, nn.Linear(1, 1, bias=False))
        twin.tail[place][1].weight.data = layer.weight.data
    return twin.log_prob(x)


@pytest.mark.parametrize("tied", [False, True])
@pytest.mark.parametrize("kind", KINDS)
def test_scores_are_the_logarithms_of_probabilities(kind: str, tied: bool) -> None:
    output, (outputs, _) = layer(kind, tied=tied), drawn()
    if isinstance(output, Adaptive):
        expected = by_torch(output, outputs.flatten(0, 1)).reshape(3, 5, V)
        assert_close("sums", torch.ones(3, 5, dtype=torch.float64), output(outputs).exp().sum(dim=-1))
    else:
        expected = outputs @ output.weight.T + output.bias
    assert_close("scores", expected, output(outputs))


@pytest.mark.parametrize("lengths", [[5, 5, 5], [5, 2, 4]], ids=str)
@pytest.mark.parametrize("kind", KINDS)
def test_loss_gradients_and_nats_are_those_of_the_scores(kind: str, lengths: list[int]) -> None:
    """Outside training, where nothing is sampled."""
    output, (outputs, targets) = layer(kind).eval(), drawn()
    counts = torch.tensor(lengths)
    expected, count = next_symbol_loss(output(outputs.requires_grad_()), targets, counts)
    leaves = [outputs, *output.parameters()]
    wanted = torch.autograd.grad(expected, leaves)
    ragged = outputs.detach().clone()
    for row, length in enumerate(lengths):
        ragged[row, length:] = torch.nan
    total, counted = output_loss(ragged.requires_grad_(), output, targets, counts)
    assert counted == count
    assert_close("nats", expected, total)
    found = torch.autograd.grad(total, [ragged, *leaves[1:]], allow_unused=True)
    for one, other in zip(wanted, found, strict=True):
        assert_close("gradient", one, torch.zeros_like(one) if other is None else other.nan_to_num())
    nats = output_nats(ragged, output, targets, counts)
    assert (nats.dtype, nats.shape, nats.requires_grad) == (torch.float64, targets.shape, False)
    assert_close("sum of nats", expected, nats.sum())
    assert not nats[targets < 0].any()


@pytest.mark.parametrize("kind", KINDS)
def test_evaluation_holds_the_scores_of_a_few_rows_and_symbols(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    output, (outputs, targets) = layer(kind).eval(), drawn()
    lengths, seen = torch.tensor([5, 3, 5]), []
    whole = output_nats(outputs, output, targets, lengths)
    monkeypatch.setattr(_pieces, "EVALUATED_ROWS", 2)
    monkeypatch.setattr(_pieces, "EVALUATED_SYMBOLS", 7)
    sums = torch.logsumexp
    monkeypatch.setattr(torch, "logsumexp", lambda scores, dim: seen.append(scores.shape) or sums(scores, dim))
    assert_close("nats", whole, output_nats(outputs, output, targets, lengths))
    assert max(seen) == (2, 7)


def test_only_targets_that_do_not_count() -> None:
    for kind in KINDS:
        output, (outputs, targets) = layer(kind).train(), drawn()
        none = torch.full_like(targets, -1)
        total, count = output_loss(outputs.requires_grad_(), output, none, torch.tensor([5, 2, 4]))
        assert (total.item(), count) == (0.0, 0)
        assert not torch.autograd.grad(total, outputs)[0].any()


@pytest.mark.parametrize("lengths", [[6, 6, 6], [6, 2, 5]], ids=str)
def test_a_large_vocabulary_goes_in_pieces_to_the_same_loss(lengths: list[int], monkeypatch) -> None:
    generator = torch.Generator().manual_seed(1)
    output, outputs = Full(5, 30), torch.randn(3, 6, 5, generator=generator)
    targets, counts = torch.randint(-1, 30, (3, 6), generator=generator), torch.tensor(lengths)
    for row, length in enumerate(lengths):
        outputs[row, length:] = torch.nan
    leaves = [outputs.requires_grad_(), *output.parameters()]
    found = []
    monkeypatch.setattr(_pieces, "MOST_ROWS", 4)
    for large in (_pieces.LARGE, sum(lengths) * 30):
        monkeypatch.setattr(_pieces, "LARGE", large)
        total, count = output_loss(outputs, output, targets, counts)
        found.append((total, count, torch.autograd.grad(total / count, leaves)))
    (expected, counted, wanted), (total, count, gradients) = found
    assert "_SummedLoss" in type(total.grad_fn).__name__
    assert count == counted
    assert_close("nats", expected, total)
    for one, other in zip(wanted, gradients, strict=True):
        assert_close("gradient", one, other)


def test_a_large_vocabulary_far_from_zero() -> None:
    """Logits in the hundreds, and a target that has no probability in float32."""
    output, x, targets = nn.Linear(4, 9), 300 * torch.randn(7, 4), torch.arange(7)
    pieces = _pieces.summed_loss(x, output.weight, output.bias, targets)
    assert_close("nats", functional.cross_entropy(output(x), targets, reduction="sum"), pieces)


def test_where_pieces_do_not_pay() -> None:
    x, weight = torch.empty(1, 1), torch.empty(1 << 13, 1)
    learned = weight.clone().requires_grad_()
    assert _pieces.pays(1 << 10, x, learned)
    assert not _pieces.pays((1 << 10) - 1, x, learned)
    assert not _pieces.pays(1 << 10, x, weight)
    assert not _pieces.pays(1 << 10, x.bfloat16(), learned.bfloat16())
    with torch.no_grad():
        assert not _pieces.pays(1 << 10, x, learned)
    with torch.autocast("cpu", torch.bfloat16):
        assert not _pieces.pays(1 << 10, x, learned)


def test_a_draw_holds_each_symbol_as_often_as_expected(monkeypatch) -> None:
    """Over every point of the unit lengths; so the weights of what was drawn are expected to add up to all symbols."""
    output, counts = layer("sampled"), torch.zeros(V, dtype=torch.float64)
    points = 200
    for place in range(points):
        monkeypatch.setattr(
            torch, "rand", lambda size, dtype, at=(place + 0.5) / points: torch.full((size,), at, dtype=dtype)
        )
        symbols = output.draw()
        assert len(symbols) == 8
        counts += torch.bincount(symbols, minlength=V) / points
    expected = torch.from_numpy(expected_counts(V, 8))
    assert torch.allclose(counts, expected, atol=2 / points)
    assert (expected == 1).sum() == 2


def test_a_symbol_that_is_drawn_and_the_target_counts_once() -> None:
    output, x = layer("sampled"), drawn()[0][0]
    targets, symbols = torch.tensor([7, 9, 3, 7, 29]), torch.tensor([0, 7, 7, 20])
    scores, logs = output(x), torch.from_numpy(np.log(expected_counts(V, 8)))
    expected = []
    for row, target in zip(scores, targets.tolist(), strict=True):
        others = [row[each] - logs[each] for each in symbols.tolist() if each != target]
        expected.append(torch.logsumexp(torch.stack([row[target], *others]), dim=0) - row[target])
    assert_close("loss", sum(expected), output.estimate(x, targets, symbols))
    own = torch.autograd.gradcheck(lambda x: output.estimate(x, targets, symbols), (x.clone().requires_grad_(),))
    assert own


def test_as_many_samples_as_symbols_are_the_exact_loss() -> None:
    outputs, targets = drawn()
    plain, lengths = layer("full").train(), torch.tensor([5, 5, 5])
    all_of_them = Sampled(D, V, samples=1000).double().train()
    all_of_them.load_state_dict(plain.state_dict())
    expected, found = (output_loss(outputs, each, targets, lengths)[0] for each in (plain, all_of_them))
    assert_close("loss", expected, found)
    few = Sampled(D, V, samples=8).double().train()
    few.load_state_dict(plain.state_dict())
    assert output_loss(outputs, few, targets, lengths)[0].item() != pytest.approx(expected.item(), rel=1e-3)
    assert_close("nats", output_nats(outputs, plain, targets, lengths), output_nats(outputs, few, targets, lengths))


@pytest.mark.parametrize(("symbols", "samples"), [(10_000, 1000), (30, 8), (9, 9), (5, 1), (200_000, 8000)])
def test_expected_counts_are_shares_of_the_draw(symbols: int, samples: int) -> None:
    counts = expected_counts(symbols, samples)
    assert counts.sum() == pytest.approx(samples)
    assert 0 < counts.min() <= counts.max() <= 1
    assert (np.diff(counts) <= 1e-12).all()
    rest = counts[counts < 1]
    if len(rest) > 1:  # by Zipf's law, where they are not held at 1
        places = np.arange(symbols)[counts < 1]
        assert np.allclose(rest / rest[0], np.log1p(1 / (places + 1)) / np.log1p(1 / (places[0] + 1)))


def test_the_same_random_stream_gives_the_same_loss() -> None:
    output, (outputs, targets) = layer("sampled").train(), drawn()
    losses = []
    for seed in (5, 5, 6):
        torch.manual_seed(seed)
        losses.append(output.loss(outputs.flatten(0, 1), targets.flatten()).item())
    assert losses[0] == losses[1] != losses[2]


def test_tied_layers_share_the_table() -> None:
    table = nn.Parameter(torch.randn(V, D))
    full, adaptive = (
        output_layer(kind, D, V, table=table, cutoffs=(4, 13), samples=8) for kind in ("full", "adaptive")
    )
    assert full.weight is table
    assert adaptive.head.table is table
    x = torch.randn(2, D)
    before = adaptive(x)
    with torch.no_grad():
        table[20] += 1.0  # in a cluster, whose matrix is its own
    assert_close("of a rare symbol", before, adaptive(x))
    with torch.no_grad():
        table[2] += 1.0
    assert not torch.allclose(before, adaptive(x))


def test_cutoffs_by_the_size_of_the_vocabulary() -> None:
    assert cutoffs_for(50_000) == (1946, 10992)
    for symbols, shape in product((2, 3, 4, 5, 67, 1000), (D, 64)):
        output = Adaptive(shape, symbols)
        assert output.cutoffs == cutoffs_for(symbols)
        assert output(torch.randn(1, shape)).exp().sum().item() == pytest.approx(1.0, abs=1e-5)


@pytest.mark.parametrize("cutoffs", [(5, 5), (9, 4), (0, 4), (4, V)])
def test_cutoffs_that_do_not_divide_the_vocabulary(cutoffs: tuple[int, ...]) -> None:
    with pytest.raises(ConfigError, match=r"^adaptive output: cutoffs must rise from at least 1 to at most 29 "):
        Adaptive(D, V, cutoffs=cutoffs)


def test_what_there_is_not() -> None:
    with pytest.raises(ConfigError, match=r"^unknown output layer 'adaptiv', did you mean 'adaptive'\?$"):
        output_layer("adaptiv", D, V)
    with pytest.raises(ConfigError, match=r"^sampled output: expected at least 1 sample an update, got 0$"):
        output_layer("sampled", D, V)


def test_shapes_that_do_not_fit() -> None:
    outputs, targets = drawn()
    for call in (output_loss, output_nats):
        with pytest.raises(ShapeError, match=r"^output layer: expected outputs \[B, T, D\], targets \[B, T\], lengths"):
            call(outputs, layer("full"), targets[:2], torch.tensor([5, 5, 5]))
