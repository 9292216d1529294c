"""What a language model's recipe adds to training, and that the numbers it reports stay plain."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest
import torch

import weft
from weft.config import resolve
from weft.errors import ConfigError
from weft.tasks.language_model.task import task
from weft.types import Files

from made import verse

TINY = {"task": "language-model", **task.tiny()}


def prepared(folder: Path, *settings: str):
    config = resolve(TINY, settings)
    data = task.prepare(Files((verse(folder / "verse.txt"),)), config, folder)
    torch.manual_seed(1)
    return task.build(config, data.vocabulary, {}), data


def test_the_loss_is_plain_and_the_penalty_beside_it(tmp_path: Path) -> None:
    module, data = prepared(tmp_path, "penalty.size=2", "penalty.change=3", "output.dropout=0.5")
    plain, _ = prepared(tmp_path, "output.dropout=0.5")
    batch = data.train.epoch(0)[0]
    torch.manual_seed(2)
    loss = task.loss(module, batch, None)
    torch.manual_seed(2)
    hidden, _ = module.hidden(batch.ids, batch.lengths)
    dropped = module.dropout(hidden)
    expected = 2 * dropped.square().mean() + 3 * (hidden[:, 1:] - hidden[:, :-1]).square().mean()
    assert loss.penalty is not None
    assert loss.penalty.item() == pytest.approx(expected.item())
    torch.manual_seed(2)
    without = task.loss(plain, batch, None)
    assert without.penalty is None
    assert without.total.item() == loss.total.item()


def test_locked_dropout_on_the_output_and_the_input(tmp_path: Path) -> None:
    module, data = prepared(tmp_path, "output.dropout=0.5", "output.locked=true")
    batch = data.train.epoch(0)[0]
    hidden, _ = module.hidden(batch.ids, batch.lengths)
    outputs = module.dropout(hidden)
    kept = outputs != 0
    assert torch.equal(kept, kept[:, :1].expand_as(kept))
    assert torch.allclose(outputs[kept], 2 * hidden[kept])
    assert torch.equal(module.eval().dropout(hidden), hidden)


def test_windows_are_drawn_for_training_and_not_for_validation(tmp_path: Path) -> None:
    _, data = prepared(tmp_path, "data.window=12", "data.window_spread=3", "data.window_half=0.1")
    lengths = [int(batch.lengths.max()) for batch in data.train.epoch(0)]
    assert len(set(lengths)) > 3
    assert [int(batch.lengths.max()) for batch in data.train.epoch(1)] != lengths
    for one, two in pairwise(data.train.epoch(1)):
        assert two.ids[0, 0] == one.targets[0, -1]
    assert {batch.rate for batch in data.valid.epoch(0)} == {1.0}


def test_a_narrow_last_layer_may_be_tied_to_the_embedding(tmp_path: Path) -> None:
    sizes = ["embedding.size=3", "encoder.hidden=6", "encoder.layers=2", "encoder.last_hidden=3", "output.tied=true"]
    module, data = prepared(tmp_path, *sizes)
    assert module.output.weight is module.embedding.weight
    assert [cell.spec.hidden_size for cell in module.encoder.cells] == [6, 3]
    model = weft.Model(config=resolve(TINY, sizes), task=task, vocabulary=data.vocabulary, module=module)
    (drawn,) = model.generate("the ", length=20, seed=3)
    assert drawn == "".join(model.stream("the ", length=20, seed=3))


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        (
            ["encoder.layers=2", "encoder.last_hidden=5", "output.tied=true"],
            r"needs embedding\.size = encoder\.last_hidden, got 4 and 5",
        ),
        (["encoder.last_hidden=5"], "last_hidden needs layers of at least 2, got 1; with one layer set hidden"),
    ],
)
def test_impossible_recipes(settings: list[str], sentence: str) -> None:
    with pytest.raises(ConfigError, match=sentence):
        resolve(TINY, settings)
