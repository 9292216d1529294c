"""The scan beside the loop over long rows, beside the paper's log-space form, and where products underflow."""

import pytest
import torch

from weft.errors import BackendError
from weft.kernels import choose, loop, scan
from weft.kernels.scan import linear_recurrence

from closeness import assert_close
from recurrences import make_cell, random_input, random_params, random_state

linear = pytest.mark.parametrize("name", ["mingru", "minlstm"])


def one_by_one(keep, add, start):
    h, steps = start, []
    for t in range(keep.shape[1]):
        h = keep[:, t] * h + add[:, t]
        steps.append(h)
    return torch.stack(steps, dim=1)


@pytest.mark.parametrize("steps", [1, 2, 3, 7, 8, 9, 1000])
def test_any_number_of_steps(steps):
    keep, add = torch.sigmoid(random_input(2, steps, 3)), random_input(2, steps, 3, seed=7)
    start = random_input(2, 3, seed=8)
    assert_close("h", one_by_one(keep, add, start), linear_recurrence(keep, add, start))


@linear
def test_the_papers_log_space_form_gives_the_same(name):
    """h = exp(a* + logcumsumexp(log b - a*)), a* the running sum of log a; needs a positive start and candidates."""
    cell = make_cell((name, {}))
    params, x = random_params(cell), random_input(3, 50, 5)
    start = {"h": torch.rand(3, 7, dtype=torch.float64) + 0.1}
    keep, add = cell.coefficients(cell.project(x, params))
    summed = torch.cat([torch.zeros(3, 1, 7, dtype=torch.float64), keep.log().cumsum(1)], dim=1)
    logs = torch.cat([start["h"].unsqueeze(1), add], dim=1).log()
    expected = (summed + torch.logcumsumexp(logs - summed, dim=1)).exp()[:, 1:]
    y, _ = scan.run(cell, params, x, None, start)
    assert_close("h", expected, y)


@linear
def test_no_lengths_means_full_rows(name):
    cell = make_cell((name, {}))
    params, state, x = random_params(cell), random_state(cell, 3), random_input(3, 6, 5)
    for kernel in (scan, loop):
        y, after = kernel.run(cell, params, x, None, state)
        same, ended = kernel.run(cell, params, x, torch.tensor([6, 6, 6]), state)
        assert torch.equal(y, same)
        assert torch.equal(after["h"], ended["h"])


def test_products_that_underflow_are_zero_not_nan():
    keep = torch.full((1, 4096, 2), 1e-30).requires_grad_()
    add = torch.ones(1, 4096, 2)
    h = linear_recurrence(keep, add, torch.ones(1, 2))
    h.sum().backward()
    assert torch.allclose(h, torch.ones(()))
    assert torch.isfinite(keep.grad).all()


def test_auto_takes_the_scan_where_the_core_cannot_run_and_others_cannot_ask_for_it():
    x = random_input(1, 4, 5)
    assert choose("auto", make_cell(("mingru", {})), x)[0] == "scan"
    with pytest.raises(BackendError, match=r"^kernel 'scan' cannot run here: cell 'gru' is not linear in its state$"):
        choose("scan", make_cell(("gru", {})), x)
