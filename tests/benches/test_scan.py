"""The benchmark `scan` on short rows; the log-space form computes the same recurrence."""

import pytest
import torch

from weft.benches import _log_space, _memory, scan
from weft.benches._contract import BenchOptions
from weft.catalog import CELLS
from weft.errors import BackendError
from weft.kernels import loop

from closeness import assert_close
from recurrences import random_input, random_params


def test_the_log_space_form_equals_the_loop():
    cell = CELLS.load("mingru").make(3, 4)
    x, start = random_input(2, 9, 3), {"h": torch.zeros(2, 4, dtype=torch.float64)}
    found = []
    for run in (loop.run, _log_space.run):
        params = random_params(cell)
        y, _ = run(cell, params, x, None, start)
        y.cos().sum().backward()
        found.append((y, params["weight_ih"].grad))
    assert_close("y", found[0][0], found[1][0])
    assert_close("gradient", found[0][1], found[1][1])


def test_held_memory_counts_each_piece_once_and_neither_input_nor_parameters():
    weight = torch.ones(8, requires_grad=True)
    x = torch.ones(4, 8)
    # the product keeps x and the weight; exp keeps its result, and sin the same memory
    held = scan._held(lambda x: (x * weight).exp().sin(), x, {"weight": weight})
    assert held == 4 * 8 * 4
    views = scan._held(lambda x: torch.stack([part.square() for part in (x * weight).unbind(1)]), x, {"weight": weight})
    assert views == 4 * 8 * 4


@pytest.mark.parametrize(
    ("cell", "way"), [("mingru", "core"), ("mingru", "scan"), ("mingru", scan.LOG_SPACE), ("lstm", "fused")]
)
def test_a_case_is_timed_and_held_against_the_reference(cell, way):
    seen = scan.measure(scan.Case(cell, way, 64, seed=1, threads=1))
    assert seen.seconds > 0
    assert 0 < seen.error < 1e-4
    assert seen.held > 2 * scan.ROWS * 64 * scan.UNITS * 4


def test_the_report_tells_what_a_token_costs_in_long_rows(monkeypatch):
    monkeypatch.setattr(scan, "STEPS", (8, 16))
    monkeypatch.setattr(scan, "LOOP_STEPS", 8)

    def measured(case):
        return scan.Measured(2e-3 * case.steps, held=100 * case.steps, peak=50 * case.steps**2, error=1e-7)

    monkeypatch.setattr(scan, "_in_fresh_process", measured)
    report = scan.run(BenchOptions(None, full=False, seed=1, out=None, progress=lambda line: None))
    assert ("mingru", "scan", 16, 32.0, 1_000_000, 50, 400, "1.0e-07") in report.rows
    assert [row[2] for row in report.rows if row[1] == "loop"] == [8, 8]
    assert "mingru, scan: a token at 16 steps against one at 8: time x1.00, held x1.00, peak x2.00" in report.notes
    assert "minlstm at 16 steps, scan against core: time x1.00, held x1.00" in report.notes
    assert report.notes[-1].startswith("mingru at 16 steps, log space against scan: time x1.00, held x1.00, error x1")
    full = scan.run(BenchOptions(None, full=True, seed=1, out=None, progress=lambda line: None))
    assert [row[2] for row in full.rows if row[1] == "loop"] == [8, 16, 8, 16]


def test_a_case_is_measured_in_a_process_of_its_own():
    seen = scan._in_fresh_process(scan.Case("minlstm", "scan", 512, seed=1, threads=1))
    # the process was fresh: its largest size grew by what both passes needed
    assert seen.held / 2 < seen.peak < 100 * seen.held


def test_a_system_that_does_not_tell_is_an_error(monkeypatch, tmp_path):
    monkeypatch.setattr(_memory, "OWN", tmp_path / "none")
    with pytest.raises(BackendError, match="does not tell the largest resident size") as error:
        _memory.largest_resident()
    assert "Linux" in error.value.hint
