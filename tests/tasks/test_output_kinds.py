"""Language models with other output layers, and with blocks: what they score, write and keep."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

import weft
from weft.errors import BackendError, ConfigError
from weft.nn.output import Adaptive, Sampled
from weft.tasks.language_model.model import LanguageModel, LanguageModelDecoder
from weft.tasks.language_model.task import task

from made import verse

KINDS = {
    "adaptive": ["output.kind=adaptive"],
    "adaptive, tied": ["output.kind=adaptive", "output.tied=true", "output.cutoffs=[5, 9]"],
    "sampled, tied": ["output.kind=sampled", "output.tied=true", "output.samples=4"],
    "blocks": ["encoder.residual=true", "encoder.norm=rms", "encoder.feedforward=5", "encoder.cell=mingru"],
}


def trained(folder: Path, *settings: str) -> weft.Model:
    recipe = {"task": "language-model", **task.tiny()}
    settings = ("data.tokenizer=word", "encoder.layers=2", *settings)
    return weft.train(recipe, train=verse(folder / "verse.txt"), out=folder / "run", settings=settings, seed=4)


@pytest.mark.parametrize("kind", KINDS)
def test_scores_and_texts_are_those_of_single_steps(kind: str, tmp_path: Path, monkeypatch) -> None:
    model = trained(tmp_path, *KINDS[kind])
    state, logp, ids = model.begin(1), 0.0, model.encode("the cat sat")
    for symbol, target in zip(ids.tolist(), [*ids[1:].tolist(), model.vocabulary.text.end_id], strict=True):
        said, state = model.step([symbol], state)
        assert said.exp().sum().item() == pytest.approx(1.0, abs=1e-5)
        logp += said[0, target].item()
    assert model.score(["the cat sat"])[0]["logp"] == pytest.approx(logp, abs=1e-4)
    again = weft.load(tmp_path / "run")
    assert again.score(["the cat sat"]) == model.score(["the cat sat"])
    fast = model.generate("the", length=30, seed=2)
    decoder = LanguageModelDecoder(model.module, forbidden=0)
    assert bool(decoder.reason) == (kind == "blocks")

    def absent(module: LanguageModel, precision: str = "float32") -> None:
        raise BackendError("not today")

    monkeypatch.setattr(LanguageModel, "reader", absent)
    assert model.generate("the", length=30, seed=2) == fast


def test_what_is_tied_is_one_matrix_before_and_after_saving(tmp_path: Path) -> None:
    model = trained(tmp_path, *KINDS["adaptive, tied"])
    for each in (model, weft.load(tmp_path / "run")):
        output = each.module.output
        assert isinstance(output, Adaptive)
        assert output.cutoffs == (5, 9)
        assert output.head.table is each.module.embedding.weight


def test_a_draw_is_part_of_the_repeatable_training(tmp_path: Path) -> None:
    weights = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        model = trained(tmp_path / name, *KINDS["sampled, tied"])
        assert isinstance(model.module.output, Sampled)
        weights.append(model.module.embedding.weight)
    assert torch.equal(*weights)


def test_cutoffs_beyond_the_vocabulary_are_told(tmp_path: Path) -> None:
    with pytest.raises(
        ConfigError, match=r"^adaptive output: cutoffs must rise from at least 1 to at most \d+ \("
    ) as error:
        trained(tmp_path, "output.kind=adaptive", "output.cutoffs=[5, 5000]")
    assert error.value.hint == "leave output.cutoffs empty to have them chosen by the size of the vocabulary"
