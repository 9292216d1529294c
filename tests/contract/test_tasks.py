"""What every task promises: a finite loss, save, load, the same answers. New tasks are found by their folder."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest
import torch

import weft
from weft.catalog import METRICS, RECIPES, TASKS
from weft.config import read, resolve
from weft.data.problems import Problems
from weft.data.readers import read_records
from weft.errors import RunError
from weft.metrics import measure
from weft.types import Files, Task

from made import data_for


def tiny(name: str, **more: Any) -> dict[str, Any]:
    task = TASKS.load(name, "task").task
    return {"task": name, **task.tiny(), **more}


def network(task: Any, config: Any, data: Any, work: Path) -> torch.nn.Module:
    """What the task makes of the recipe, or of the data where it needs no training."""
    if not hasattr(task, "fit"):
        return task.build(config, data.vocabulary, {})
    return task.assemble(config, data.vocabulary, task.fit(data, config, work, print).arrays)


def prepared(name: str, folder: Path) -> tuple[Task, Any, Any]:
    task = TASKS.load(name, "task").task
    config = resolve(tiny(name))
    (folder / "work").mkdir()
    data = task.prepare(Files((data_for(task.fields, folder),)), config, folder / "work")
    return task, config, data


TRAINED = [name for name in TASKS.names() if hasattr(TASKS.load(name, "task").task, "loss")]
FITTED = [name for name in TASKS.names() if hasattr(TASKS.load(name, "task").task, "fit")]


@pytest.fixture(params=TASKS.names())
def name(request: pytest.FixtureRequest) -> str:
    return request.param


def test_there_are_tasks() -> None:
    assert {"classify", "language-model", "ngram"} <= set(TASKS.names())
    assert len(TRAINED) >= 2


def test_config_imports_no_torch(name: str) -> None:
    import subprocess
    import sys

    module = f"weft.tasks.{name.replace('-', '_')}.config"
    code = f"import sys, {module}; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_names_and_metrics_exist(name: str) -> None:
    task = TASKS.load(name, "task").task
    assert task.name == name
    assert set(task.measures(resolve(tiny(name)))) <= set(METRICS.names())


def test_a_task_trains_step_by_step_or_fits_in_closed_form() -> None:
    assert sorted(TRAINED + FITTED) == TASKS.names()


@pytest.mark.parametrize("name", FITTED)
def test_arrays_of_a_closed_form_are_all_there_is(name: str, tmp_path: Path) -> None:
    task, config, data = prepared(name, tmp_path)
    told: list[str] = []
    one, two = (task.fit(data, config, tmp_path / "work", told.append) for _ in range(2))
    module = task.assemble(config, data.vocabulary, one.arrays)
    assert set(module.state_dict()) == set(one.arrays)
    for key, tensor in module.state_dict().items():
        assert (tensor.numpy() == one.arrays[key]).all()
        assert (one.arrays[key] == two.arrays[key]).all()
    assert not [parameter for parameter in module.parameters() if parameter.requires_grad]
    with pytest.raises(RunError):
        task.assemble(config, data.vocabulary, {})


@pytest.mark.parametrize("name", TRAINED)
def test_loss_is_finite_and_gradients_reach_every_parameter(name: str, tmp_path: Path) -> None:
    task, config, data = prepared(name, tmp_path)
    torch.manual_seed(0)
    module = task.build(config, data.vocabulary, {})
    loss = task.loss(module, data.train.epoch(0)[0], None)
    loss.total.backward()
    assert loss.count > 0
    assert math.isfinite(loss.total.item())
    for parameter in module.parameters():
        assert parameter.grad is not None
        assert torch.isfinite(parameter.grad).all()


def test_vocabulary_survives_json(name: str, tmp_path: Path) -> None:
    task, _, data = prepared(name, tmp_path)
    values = data.vocabulary.to_json()
    assert task.vocabulary_from_json(values).to_json() == values


def test_a_kept_vocabulary_is_kept(name: str, tmp_path: Path) -> None:
    task, config, data = prepared(name, tmp_path)
    again = task.prepare(
        Files((data_for(task.fields, tmp_path),)), config, tmp_path / "work", task.adopt(data.vocabulary.to_json())
    )
    assert again.vocabulary.to_json() == data.vocabulary.to_json()


def test_evidence_does_not_depend_on_how_rows_are_batched(name: str, tmp_path: Path) -> None:
    task, config, data = prepared(name, tmp_path)
    module = network(task, config, data, tmp_path / "work").eval()
    one, two = task.evidence(module, data.valid, data.vocabulary), task.evidence(module, data.valid, data.vocabulary)
    first = task.measures(config)[0]
    assert measure(first, one) == measure(first, two)


def test_the_parts_are_all_the_texts(name: str, tmp_path: Path) -> None:
    task, config, _ = prepared(name, tmp_path)
    path = data_for(task.fields, tmp_path)
    column = config.data.read_column
    texts = [record.values["text"] for record in read_records([path], {"text": column}, problems=Problems())]
    train, held_out = (list(of(Files((path,)), config)) for of in (task.train_texts, task.valid_texts))
    assert sorted(train + held_out) == sorted(texts)
    assert train
    assert held_out
    both = Files((path,), (path,))
    assert list(task.train_texts(both, config)) == list(task.valid_texts(both, config)) == texts


def test_records_left_out_are_as_if_they_did_not_stand_there(name: str, tmp_path: Path) -> None:
    task, config, data = prepared(name, tmp_path)
    module = network(task, config, data, tmp_path / "work").eval()
    path = data_for(task.fields, tmp_path)
    lines = path.read_text(encoding="utf-8").splitlines()
    shorter = path.with_name(f"shorter{path.suffix}")
    shorter.write_text("\n".join(line for number, line in enumerate(lines, 1) if number not in (3, 7)) + "\n")
    left_out = {"without": {(str(path), 3), (str(path), 7)}}
    scores = []
    for file, more in ((shorter, {}), (path, left_out), (path, {})):
        feed, _ = task.read([file], config, data.vocabulary, tmp_path / "work", **more)
        scores.append(measure(task.measures(config)[0], task.evidence(module, feed, data.vocabulary)))
    assert scores[0] == scores[1] != scores[2]


def test_trains_saves_loads_and_answers_the_same(name: str, tmp_path: Path) -> None:
    task = TASKS.load(name, "task").task
    train = data_for(task.fields, tmp_path)
    model = weft.train(tiny(name), train=train, out=tmp_path / "run", seed=3)
    loaded = weft.load(tmp_path / "run")
    assert repr(loaded).endswith(f" parameters, {tmp_path / 'run'}>")
    copy = weft.load(model.save(tmp_path / "copy"))
    texts = ["the film is fine", "a dog ran so it goes", "x"]
    member = "predict" if hasattr(task, "predict") else "score"
    answers = [getattr(each, member)(texts) for each in (model, loaded, copy)]
    assert answers[0] == answers[1] == answers[2]
    assert loaded.evaluate(train).scores == model.evaluate(train).scores


def test_same_seed_same_run_bit_for_bit(name: str, tmp_path: Path) -> None:
    task = TASKS.load(name, "task").task
    train = data_for(task.fields, tmp_path)
    for run in ("one", "two"):
        weft.train(tiny(name), train=train, out=tmp_path / run, seed=3)
    weights = [(tmp_path / run / "model.safetensors").read_bytes() for run in ("one", "two")]
    assert weights[0] == weights[1]


@pytest.mark.parametrize("recipe", RECIPES.names())
def test_recipe_builds_at_full_size(recipe: str, tmp_path: Path) -> None:
    config = resolve(read(recipe))
    task = TASKS.load(config.task, "task").task
    data = task.prepare(Files((data_for(task.fields, tmp_path),)), config, tmp_path)
    closed = hasattr(task, "fit")
    with torch.device("cpu" if closed else "meta"):
        module = network(task, config, data, tmp_path)
    assert sum(parameter.numel() for parameter in module.parameters()) > (20 if closed else 1000)
