"""The lab `gradients`: experiments repeat bit for bit, a stopped lab goes on, and the sentences follow the numbers."""

import json
import math
from dataclasses import replace

import pytest
import torch

from weft.errors import RunError
from weft.labs import gradients
from weft.labs._contract import LabOptions
from weft.labs.gradients import experiment, report, variants
from weft.labs.gradients.experiment import Settings, measure
from weft.labs.gradients.results import FILE, Results

SMALL = Settings(distances=(4, 6), updates=12, hidden=4, test_rows=20, norm_rows=4)


@pytest.fixture
def few(monkeypatch):
    """Two cells, two distances, a few updates."""
    monkeypatch.setattr(variants, "names", lambda: ["elman-tanh", "mingru"])
    monkeypatch.setattr(gradients, "DEFAULT", SMALL)


def options(folder, *, seed=1, threads=1, progress=lambda line, left: None):
    return LabOptions(folder, full=False, seed=seed, progress=progress, threads=threads)


def test_an_experiment_repeats_bit_for_bit_and_the_seed_matters():
    once = measure("adding", "gru", 6, SMALL)
    assert once == measure("adding", "gru", 6, SMALL)
    assert once != measure("adding", "gru", 6, replace(SMALL, seed=2))
    assert once["at"] == [1, 2, 3, 4, 5, 6]
    assert all(len(once[stage][kind]) == 6 for stage in ("initial", "plain") for kind in ("state", "input"))
    assert once["initial"]["state"] != once["plain"]["state"]
    assert once["plain"]["updates"] == 12


def test_clipping_that_cuts_nothing_is_not_trained_again_and_would_change_nothing(monkeypatch):
    free = measure("copy", "lstm", 6, replace(SMALL, clip_norm=1e6))
    assert free["clipped"] == free["plain"]
    largest = free["plain"]["largest_norm"]
    cut = measure("copy", "lstm", 6, replace(SMALL, clip_norm=largest / 10))
    assert cut["plain"] == free["plain"]
    assert cut["clipped"]["error"] != cut["plain"]["error"]
    # at the limit itself both are trained, and agree in every bit
    seen = []
    train = experiment._train
    monkeypatch.setattr(experiment, "_train", lambda *given: seen.append(given[-1]) or train(*given))
    edge = measure("copy", "lstm", 6, replace(SMALL, clip_norm=largest * (1 + 5e-6)))
    assert seen == [math.inf, largest * (1 + 5e-6)]
    assert edge["clipped"] == edge["plain"]


def test_training_ends_early_when_the_task_is_learned():
    done = measure("adding", "lstm", 2, replace(SMALL, updates=2000, hidden=16, test_rows=200))
    assert done["plain"]["updates"] < 2000
    assert report.solved(done, "plain", SMALL)


def test_updates_whose_gradient_is_not_finite_are_left_out_and_counted(monkeypatch):
    task = experiment.TASKS["adding"]
    calls = iter(range(10_000))

    def loss(answers, targets):
        return task.loss(answers, targets) * (math.inf if next(calls) % 2 else 1.0)

    monkeypatch.setitem(experiment.TASKS, "adding", replace(task, loss=loss))
    half = measure("adding", "elman-tanh", 4, SMALL)["plain"]
    assert (half["updates"], half["lost"]) == (12, 6)
    assert math.isfinite(half["largest_norm"])
    monkeypatch.setitem(experiment.TASKS, "adding", replace(task, loss=lambda a, t: task.loss(a, t) * math.inf))
    none = measure("adding", "elman-tanh", 4, replace(SMALL, updates=100, lost_in_a_row=5))["plain"]
    assert (none["updates"], none["lost"]) == (5, 5)


def test_a_stopped_lab_goes_on_with_what_is_missing(tmp_path, few, monkeypatch):
    said = []
    whole = gradients.run(options(tmp_path / "whole", progress=lambda line, left: said.append((line, left))))
    assert len(said) == len(whole.rows) == 8
    assert said[0][1] > 0
    assert said[-1][1] == 0
    assert {path.name for path in (tmp_path / "whole").iterdir()} == {FILE, *(path.name for path in whole.pictures)}
    monkeypatch.setattr(gradients.pictures, "draw", lambda *given: ())
    lines = (tmp_path / "whole" / FILE).read_text().splitlines(keepends=True)
    (tmp_path / "half").mkdir()
    (tmp_path / "half" / FILE).write_text("".join(lines[:4]) + lines[4][:50])
    measured = []
    monkeypatch.setattr(gradients, "measure", lambda *job: measured.append(job[:3]) or measure(*job))
    again = gradients.run(options(tmp_path / "half"))
    assert len(measured) == 5
    assert again.rows == whole.rows
    assert again.sentences == whole.sentences
    assert (tmp_path / "half" / FILE).read_text() == "".join(lines)
    said.clear()
    finished = gradients.run(options(tmp_path / "half", progress=lambda line, left: said.append(line)))
    assert (finished.rows, len(measured)) == (whole.rows, 5)
    assert said == [f"8 of 8 experiments are in {tmp_path / 'half' / FILE}"]


def test_two_processes_give_the_same_bits_as_one_and_torch_keeps_its_threads(tmp_path, few, monkeypatch):
    monkeypatch.setattr(gradients.pictures, "draw", lambda *given: ())
    before = torch.get_num_threads()
    one = gradients.run(options(tmp_path / "one"))
    two = gradients.run(options(tmp_path / "two", threads=2))
    assert torch.get_num_threads() == before
    assert one.rows == two.rows
    texts = [sorted((tmp_path / name / FILE).read_text().splitlines()) for name in ("one", "two")]
    assert texts[0] == texts[1]


def test_results_of_other_settings_are_left_alone(tmp_path):
    Results(tmp_path, SMALL)
    with pytest.raises(RunError, match=r"measured with seed = 1; this run has seed = 2") as caught:
        Results(tmp_path, replace(SMALL, seed=2))
    assert "--out" in caught.value.hint
    with pytest.raises(RunError, match=r"with distances = \[4, 6\]; this run has distances = \[4\]"):
        Results(tmp_path, replace(SMALL, distances=(4,)))


@pytest.mark.parametrize("content", ["", "shopping list\n", json.dumps({"lab": "other"}) + "\n"])
def test_a_file_of_something_else_is_left_alone(tmp_path, content):
    (tmp_path / FILE).write_text(content)
    with pytest.raises(RunError, match=r"results\.jsonl holds no results of this lab") as caught:
        Results(tmp_path, SMALL)
    assert "--out" in caught.value.hint
    assert (tmp_path / FILE).read_text() == content


def record(cell, distance, *, plain, clipped, norm=0.5, lost=0, state=(1.0, 0.5, 0.25)):
    stage = {"state": list(state), "input": [1.0, 0.0, 0.3 if plain is None else None]}
    trained = {"updates": 7, "largest_norm": norm, "lost": lost, **stage}
    return {
        "task": "copy", "cell": cell, "distance": distance, "at": [1, 2, 3], "initial": stage,
        "plain": trained | {"error": plain}, "clipped": trained | {"error": clipped},
    }  # fmt: skip


RECORDS = [
    record("gru", 10, plain=0.01, clipped=0.01),
    record("gru", 30, plain=0.9, clipped=0.02, norm=40.0, state=(1.0, 2.0, 4.0)),
    record("lstm", 10, plain=0.02, clipped=0.3),
    record("lstm", 30, plain=0.05, clipped=0.05),
    record("elman-relu", 10, plain=1.0, clipped=1.0, lost=3, state=(1.0, 0.0, 0.0)),
    record("elman-relu", 30, plain=None, clipped=1.0, state=(1.0, None, None)),
]


def test_the_sentences_follow_from_the_numbers():
    made = report.make(RECORDS, replace(SMALL, distances=(10, 30)), ())
    first, trained, inputs, who, reach, clipping = made.sentences
    assert "at initialization: of the gradient one step back arrives 30 steps back" in first
    assert trained == "copy, D = 30, after training: 4 (gru), 0.25 (lstm), no finite number (elman-relu)."
    assert inputs.endswith("no number and no number (gru), no number and no number (lstm), 0.3 and 0.3 (elman-relu).")
    assert "solved by lstm; not by gru, elman-relu" in who
    assert "0.5 in those that solved it and 2 in those that did not" in who
    assert reach.endswith("30: lstm; 10: gru; none: elman-relu.")
    assert "in 1 of 6 trainings a gradient's norm passed 1 (largest: 40, gru at 30;" in clipping
    assert "updates lost to one that was not finite: 3)" in clipping
    assert clipping.endswith("Solved only with clipping: gru at 30; only without: lstm at 10.")


def test_a_dead_network_passes_nothing_on():
    assert report.arriving({"state": [0.0, 0.0]}) == 0.0
    assert report.factor([1, 2], [0.0, 0.0]) is None


def test_the_table_says_what_was_solved_how():
    rows = report.make(RECORDS, SMALL, ()).rows
    assert [row[3] for row in rows] == ["yes", "clipped", "plain", "yes", "no", "no"]
    assert rows[1][:6] == ("copy", "gru", 30, "clipped", 0.9, 0.02)
    assert rows[1][6:] == (2.0, 2.0, 2.0, 40.0, 0)
    assert rows[4][-1] == 6
    assert all(len(row) == len(report.COLUMNS) for row in rows)
    assert "elman-relu: not solved after 7 updates, error no number" in report.in_short(RECORDS[5], SMALL)


def test_pictures_are_drawn_whatever_was_measured(tmp_path):
    drawn = gradients.pictures.draw(tmp_path, RECORDS, replace(SMALL, distances=(10, 30)))
    assert all(path.read_bytes().startswith(b"\x89PNG") for path in drawn)
