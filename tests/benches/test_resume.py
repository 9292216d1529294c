"""The resume benchmark on one small network with three kills; its full size is a command."""

from __future__ import annotations

import pytest

from weft.benches import resume
from weft.benches._contract import BenchOptions
from weft.errors import RunError


def test_kills_are_made_and_the_bits_are_the_same(tmp_path, monkeypatch):
    small = resume.CLASSIFIER | {"training": resume.CLASSIFIER["training"] | {"max_steps": 8}}
    monkeypatch.setattr(resume, "JOBS", (("classify", small),))
    monkeypatch.setattr(resume, "KILLS", 3)
    said = []
    report = resume.run(BenchOptions(data=None, full=False, seed=1, out=tmp_path, progress=said.append))
    (row,) = report.rows
    assert len(row) == len(report.columns)
    assert row[:3] == ("classify", 8, 3)
    assert row[4:7] == ("yes", "yes", "yes")
    assert said == ["classify: training without a break", "classify: training with 3 kills"]


def test_different_runs_are_told_apart(tmp_path, classifier_run, language_model_run):
    assert resume.compare(classifier_run, classifier_run) == ("yes", "yes", "yes")
    assert resume.compare(classifier_run, language_model_run) == ("no", "no", "no")


def test_a_training_that_fails_is_an_error(tmp_path):
    job = resume.make_job(resume.CLASSIFIER, tmp_path, seed=1)
    job["train"] = str(tmp_path / "absent.csv")
    with pytest.raises(RunError, match=r"ended with status 1 and no finished run: .*DataError"):
        resume._train(job | {"out": str(tmp_path / "out")})
