"""What the lab `gradients` measures: norms against exact Jacobians, tasks whose distance is known."""

import pytest
import torch

from weft.catalog import CELLS
from weft.kernels import loop
from weft.labs.gradients import variants
from weft.labs.gradients.norms import input_norms, state_norms
from weft.labs.gradients.report import factor
from weft.labs.gradients.tasks import SYMBOLS, TASKS

from recurrences import random_input, random_params

STEPS, HIDDEN = 5, 4


def exact_norm(cell, params, wx, states, t):
    """‖∂h_T/∂s_t‖ from the whole Jacobian of one row, s_t taken as one vector."""
    names, sizes = list(states[t]), [value.shape[1] for value in states[t].values()]

    def last(flat):
        state = dict(zip(names, flat.unsqueeze(0).split(sizes, dim=1), strict=True))
        for step in wx[:, t:].unbind(1):
            h, state = cell.step(step, state, params)
        return h[0]

    flat = torch.cat([states[t][name] for name in names], dim=1)[0]
    return float(torch.autograd.functional.jacobian(last, flat).norm())


@pytest.mark.parametrize("variant", variants.names())
def test_norms_of_the_states_are_those_of_the_exact_jacobians(variant):
    cell = variants.make(variant, 3, HIDDEN)
    params = {name: value.detach() for name, value in random_params(cell).items()}
    x = random_input(1, STEPS, 3)
    wx = cell.project(x, params)
    states = [{name: x.new_zeros(1, size) for name, size in cell.spec.states.items()}]
    for step in wx.unbind(1):
        states.append(cell.step(step, states[-1], params)[1])
    got = state_norms(cell, params, x.expand(20_000, -1, -1), torch.Generator().manual_seed(1))
    assert len(got) == STEPS
    for distance in range(1, STEPS + 1):
        expected = exact_norm(cell, params, wx, states, STEPS - distance)
        assert got[distance - 1] == pytest.approx(expected, rel=0.03), distance


def test_norms_of_the_inputs_are_those_of_the_reference_loop():
    cell = variants.make("lstm", 3, HIDDEN)
    params, x = random_params(cell), random_input(6, STEPS, 3).requires_grad_()
    start = {name: x.new_zeros(6, size) for name, size in cell.spec.states.items()}
    y, _ = loop.run(cell, params, x, None, start)
    y[:, -1].cos().sum().backward()
    got = input_norms(cell, params, x, lambda h: h.cos().sum(dim=1))
    for distance in range(STEPS):
        expected = x.grad[:, STEPS - 1 - distance].square().sum(dim=1).mean().sqrt()
        assert got[distance] == pytest.approx(float(expected), rel=1e-12)


def test_the_factor_of_a_step_is_the_slope_and_zeros_are_left_out():
    assert factor([1, 2, 4], [0.5, 0.25, 0.0625]) == pytest.approx(0.5)
    assert factor([1, 2, 3], [3.0, 6.0, 0.0]) == pytest.approx(2.0)
    assert factor([1, 2], [1.0, None]) is None


def test_every_cell_is_measured_and_elman_with_each_activation():
    names = variants.names()
    assert {name for name in CELLS.names() if name != "elman"} <= set(names)
    assert [name for name in names if name.startswith("elman")] == ["elman-tanh", "elman-sigmoid", "elman-relu"]
    assert variants.make("elman-relu", 2, 3).spec.twin == "RNN_RELU"
    assert variants.make("coupled-lstm", 2, 3).spec.name == "coupled-lstm"


def test_adding_marks_one_number_at_the_distance_and_one_after_it():
    x, target = TASKS["adding"].draw(2000, 30, torch.Generator().manual_seed(1))
    assert x.shape == (2000, 33, 2)
    marks = x[..., 1]
    assert torch.equal(marks[:, :3].sum(1), torch.ones(2000))
    assert torch.equal(marks[:, 3:].sum(1), torch.ones(2000))
    assert torch.allclose((x[..., 0] * marks).sum(1) / 4, target)
    assert float(target.var()) == pytest.approx(TASKS["adding"].blind, rel=0.1)


def test_copy_shows_the_symbol_once_and_asks_at_the_distance():
    x, symbol = TASKS["copy"].draw(500, 12, torch.Generator().manual_seed(1))
    assert x.shape == (500, 13, SYMBOLS + 2)
    assert torch.equal(x[:, 0].argmax(1), symbol)
    assert torch.equal(x[:, 1:12].argmax(2), torch.full((500, 11), SYMBOLS))
    assert torch.equal(x[:, 12].argmax(1), torch.full((500,), SYMBOLS + 1))
    assert torch.equal(x.sum(2), torch.ones(500, 13))
    blind = TASKS["copy"].loss(torch.zeros(500, SYMBOLS), symbol).mean()
    assert float(blind) == pytest.approx(TASKS["copy"].blind)
