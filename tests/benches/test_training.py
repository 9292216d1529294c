"""A benchmark that is interrupted ends; it reports no number of a half-trained network."""

import pytest

from weft import api
from weft.benches._training import train_or_stop
from weft.tasks.classify.task import task

from made import reviews


def test_an_interrupted_training_ends_the_benchmark(tmp_path, monkeypatch):
    train, document = reviews(tmp_path / "r.csv"), {"task": "classify", **task.tiny()}
    assert train_or_stop(document, train=train, out=tmp_path / "whole").run == tmp_path / "whole"
    monkeypatch.setattr(api, "read_metrics", lambda run: {"stopped": "interrupt"})
    with pytest.raises(KeyboardInterrupt):
        train_or_stop(document, train=train, out=tmp_path / "cut")
