"""The benchmark `output-layer`: a case is measured, losses are checked first, the report sets layers side by side."""

import pytest
import torch

from weft.benches import output_layer
from weft.benches._contract import BenchOptions
from weft.errors import BackendError
from weft.nn.output import Sampled


@pytest.mark.parametrize(("update", "way"), [(True, "all at once"), (True, "sampled"), (False, "adaptive")])
def test_a_case_is_timed_and_its_weights_counted(monkeypatch, update, way):
    monkeypatch.setattr(output_layer, "ROWS", 20)
    seen = output_layer.measure(output_layer.Case(update, way, 300, seed=1, threads=1))
    assert seen.seconds > 0
    assert seen.memory >= 0
    plain = 301 * output_layer.WIDTH
    assert (seen.weights < plain) == (way == "adaptive")


def test_a_wrong_loss_is_no_benchmark(monkeypatch):
    output_layer.check(seed=1)
    monkeypatch.setattr(Sampled, "loss", lambda layer, x, targets: torch.ones(()))
    with pytest.raises(BackendError, match=r"^output layer 'sampled': loss off by 1\.0e\+00$"):
        output_layer.check(seed=1)


def test_the_report_sets_every_layer_against_all_at_once(monkeypatch):
    monkeypatch.setattr(output_layer, "SIZES", (30,))

    def measured(case):
        return output_layer.Measured(0.1 if case.way == "all at once" else 0.05, 3 << 20, 1_500_000)

    monkeypatch.setattr(output_layer, "_in_fresh_process", measured)
    report = output_layer.run(BenchOptions(None, full=False, seed=1, out=None, progress=lambda line: None))
    assert report.rows[:2] == [
        ("update", "all at once", 30, 1.5, 100.0, "x1.0", 3),
        ("update", "full", 30, 1.5, 50.0, "x2.0", 3),
    ]
    assert [row[1] for row in report.rows] == [*output_layer.UPDATES, *output_layer.EVALUATIONS]
