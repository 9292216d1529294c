"""``--init``: another run's weights where they fit."""

from __future__ import annotations

import pytest
import torch

from weft.bundle import read_tensors
from weft.errors import RunError
from weft.training import train


@pytest.fixture
def first(tmp_path, files, language):
    return train(language(max_steps=3), files, tmp_path / "first").run


def start_of(config, files, out, init):
    """The weights a run begins with: one update at no rate to speak of."""
    quiet = config.model_copy(update={"training": config.training.model_copy(update={"lr": 1e-30, "max_steps": 1})})
    summary = train(quiet, files, out, init=init)
    return read_tensors(summary.run / "model.safetensors"), summary.notes


def test_the_same_task_takes_everything(tmp_path, files, language, first):
    tensors, notes = start_of(language(), files, tmp_path / "second", first)
    before = read_tensors(first / "model.safetensors")
    assert all(torch.equal(tensor, before[name]) for name, tensor in tensors.items())
    assert (tmp_path / "second" / "vocabulary.json").read_text() == (first / "vocabulary.json").read_text()
    assert notes[-1].startswith(f"begun with {len(tensors)} of {len(tensors)} tensors (")


def test_a_classifier_takes_text_embedding_and_encoder_of_a_language_model(tmp_path, labelled, sentiment, first):
    values = sentiment().model_dump(mode="json")
    values["encoder"] |= {"cell": "gru", "hidden": 8, "layers": 1, "bidirectional": False, "dropout": 0.0}
    config = type(sentiment()).model_validate(values)
    tensors, notes = start_of(config, labelled, tmp_path / "second", first)
    before = read_tensors(first / "model.safetensors")
    shared = [name for name in tensors if name.startswith(("embedding.", "encoder."))]
    assert len(shared) == 5
    assert all(torch.equal(tensors[name], before[name]) for name in shared)
    assert "begun with 5 of " in notes[-1]
    assert "of first; fresh: " in notes[-1]
    assert "temperature" not in notes[-1]


def test_resume_needs_the_other_run_no_more(tmp_path, files, language, first, whole, recorder, dies):
    crash, death = dies
    train(language(), files, tmp_path / "once", init=first)
    with pytest.raises(death):
        train(language(checkpoint_seconds=0.0), files, tmp_path / "run", init=first, listener=recorder({4: crash}))
    train(language(), files, tmp_path / "run", resume=True)
    assert whole(tmp_path / "run") == whole(tmp_path / "once")


def test_what_fits_nowhere_is_refused_and_leaves_no_folder(tmp_path, labelled, sentiment, first):
    values = sentiment().model_dump(mode="json")
    values["embedding"]["size"] = 7
    config = type(sentiment()).model_validate(values)
    with pytest.raises(RunError, match=r"first: none of its \d+ tensors has the name and size of one that this"):
        train(config, labelled, tmp_path / "second", init=first)
    assert not (tmp_path / "second").exists()


def test_no_run_to_begin_from(tmp_path, files, language):
    with pytest.raises(RunError, match=r"no run at .*absent: there is no such folder"):
        train(language(), files, tmp_path / "run", init=tmp_path / "absent")
    assert not (tmp_path / "run").exists()
