"""The language model: what is learned, what is scored, what is generated."""

from __future__ import annotations

import math
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch

import weft
from weft.config import resolve
from weft.data.stream import LineFeed
from weft.errors import ConfigError, DataError, RunError
from weft.tasks.language_model.task import task
from weft.types import Files

from made import reviews, verse

TINY = {"task": "language-model", **task.tiny()}


def trained(folder: Path, *settings: str) -> weft.Model:
    return weft.train(TINY, train=verse(folder / "verse.txt"), out=folder / "run", settings=settings)


def _real(ids: torch.Tensor, lengths: torch.Tensor) -> list[torch.Tensor]:
    return [row[:length] for row, length in zip(ids, lengths.tolist(), strict=True)]


def _state_after(model: weft.Model, text: str) -> dict[str, torch.Tensor]:
    state = model.begin(1)
    for symbol in model.encode(text):
        _, state = model.step([int(symbol)], state)
    return state


def test_the_last_share_of_the_text_is_held_out(tmp_path: Path) -> None:
    text = verse(tmp_path / "verse.txt", lines=100)
    data = task.prepare(Files((text,)), resolve(TINY, ["data.valid_fraction=0.2"]), tmp_path)
    whole = len(text.read_text())
    assert data.train.tokens + data.valid.tokens == whole
    assert data.valid.tokens == pytest.approx(0.2 * whole, rel=0.05)
    assert data.train.extent.characters == data.train.tokens
    assert data.train.extent.words == sum(len(line.split()) + 1 for line in text.read_text().splitlines()[:80])


def test_a_text_of_one_line_cannot_be_divided(tmp_path: Path) -> None:
    (tmp_path / "one.txt").write_text("only this\n")
    with pytest.raises(DataError, match=r"1 line\(s\) of text cannot be divided into a training and a validation part"):
        task.prepare(Files((tmp_path / "one.txt",)), resolve(TINY), tmp_path)


def test_a_line_is_scored_as_the_product_of_its_symbols(tmp_path: Path) -> None:
    model = trained(tmp_path, "training.max_steps=20")
    codec = model.vocabulary.text
    (row,) = model.score(["the cat"])
    decoder = task.decoder(model.module, model.vocabulary)
    state, logp, symbol = decoder.start(1), 0.0, codec.end_id
    for target in [*codec.encode("the cat").tolist(), codec.end_id]:
        with torch.inference_mode():
            logits, state = model.module(torch.tensor([[symbol]]), torch.tensor([1]), state)
        logp += float(torch.log_softmax(logits[0, 0].double(), dim=-1)[target])
        symbol = target
    assert row["logp"] == pytest.approx(logp, abs=1e-4)
    assert row["symbols"] == 8
    assert row["bits_per_character"] == pytest.approx(-logp / math.log(2) / 8, abs=1e-4)


def test_a_model_of_lines_is_evaluated_as_it_scores_them(tmp_path: Path) -> None:
    model = trained(tmp_path, "data.context=line", "training.max_steps=20")
    rows = model.score((tmp_path / "verse.txt").read_text().splitlines())
    measured = model.evaluate(tmp_path / "verse.txt").scores[0]
    symbols = sum(row["symbols"] for row in rows)
    assert (measured.n, measured.value) == (symbols, pytest.approx(-sum(row["logp"] for row in rows) / symbols))


def test_lines_are_rows_and_long_ones_begin_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("weft.data.stream.LONGEST_LINE", 3)
    ids = np.array([1, 2, 0, 0, 3, 4, 5, 6, 0, 7], dtype=np.uint8)  # "12", "", "3456" and a line without its end
    feed = LineFeed(ids, end_id=0, batch_size=9, seed=1, shuffle=False)
    (batch,) = feed.epoch(0)
    assert batch.targets is not None
    rows = [batch.targets[place, :length].tolist() for place, length in enumerate(batch.lengths.tolist())]
    assert sorted(rows) == [[0], [1, 2, 0], [3, 4, 5], [6, 0], [7]]
    inputs = _real(batch.ids, batch.lengths)
    assert all(before.tolist() == [0, *row[:-1]] for row, before in zip(rows, inputs, strict=True))
    assert feed.tokens == len(ids)


def test_a_beginning_is_scored_without_its_end(tmp_path: Path) -> None:
    model = trained(tmp_path)
    (whole,), (open_, nothing) = model.score(["the cat"]), model.score(["the cat", ""], end=False)
    ending = model.step([int(model.vocabulary.text.encode("t")[0])], _state_after(model, "the ca"))[0]
    assert open_["logp"] + float(ending[0, model.vocabulary.text.end_id]) == pytest.approx(whole["logp"], abs=1e-4)
    assert (open_["symbols"], nothing["symbols"], nothing["logp"]) == (7, 0, 0.0)


def test_a_long_line_is_scored_in_pieces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = trained(tmp_path, "training.max_steps=20")
    texts = ["the cat", "", "a dog sat on the mat", "the", "seven s"]
    whole = model.score(texts)
    longest = []
    outputs = model.module.outputs

    def watched(ids: torch.Tensor, *rest: object) -> object:
        longest.append(ids.shape[1])
        return outputs(ids, *rest)

    monkeypatch.setattr("weft.tasks.language_model.task.SCORE_STEPS", 4)
    monkeypatch.setattr(model.module, "outputs", watched)
    cut = model.score(texts)
    assert max(longest) == 4
    assert [row["symbols"] for row in cut] == [row["symbols"] for row in whole]
    assert [row["logp"] for row in cut] == pytest.approx([row["logp"] for row in whole], rel=1e-5)


def test_lines_are_scored_beside_lines_of_like_length(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = trained(tmp_path, "training.max_steps=20")
    texts = ["the cat", "a dog " * 40, "", "sat", "ω" * 30, *["it goes"] * 9, "the cat"]
    alone = [model.score([text])[0] for text in texts]
    batches: list[list[str]] = []
    score = type(task).score

    def watched(self: object, module: object, vocabulary: object, part: list[str], **rest: bool) -> object:
        batches.append(list(part))
        return score(task, module, vocabulary, part, **rest)  # type: ignore[arg-type]

    monkeypatch.setattr("weft.batched.PADDED", 64)
    monkeypatch.setattr(type(task), "score", watched)
    rows = model.score(texts, batch_size=5)
    assert [row["symbols"] for row in rows] == [len(text) + 1 for text in texts]
    assert [row["logp"] for row in rows] == pytest.approx([row["logp"] for row in alone], rel=1e-5)
    assert sorted(text for part in batches for text in part) == sorted(texts)
    assert ["a dog " * 40] in batches
    assert max(map(len, batches)) == 5
    assert all(len(part) == 1 or len(part) * (max(map(len, part)) + 1) <= 64 for part in batches)
    assert model.score([]) == []


def test_scores_do_not_depend_on_neighbours(tmp_path: Path) -> None:
    model = trained(tmp_path)
    lines = ["a", "the cat sat a dog ran so it goes", "", "a dog"]
    together = [row["logp"] for row in model.score(lines)]
    alone = [model.score([line])[0]["logp"] for line in lines]
    assert np.allclose(together, alone, atol=1e-4)


def test_unknown_symbols_are_scored_and_counted(tmp_path: Path) -> None:
    (row,) = trained(tmp_path).score(["cat Ω Ψ"])
    assert row["unknown"] == 2
    assert math.isfinite(row["logp"])


def test_evaluation_is_the_mean_over_all_symbols(tmp_path: Path) -> None:
    model = trained(tmp_path)
    scores = {score.name: score for score in model.evaluate(tmp_path / "verse.txt").scores}
    text = (tmp_path / "verse.txt").read_text()
    assert scores["nats-per-symbol"].n == scores["bits-per-character"].n == len(text)
    assert scores["word-perplexity"].n == len(text.split()) + text.count("\n")
    nats = scores["nats-per-symbol"].value
    assert scores["perplexity"].value == pytest.approx(math.exp(nats))
    assert scores["bits-per-character"].value == pytest.approx(nats / math.log(2))


def test_generation_is_seeded_and_streams_what_it_generates(tmp_path: Path) -> None:
    model = trained(tmp_path, "training.max_steps=30")
    (text,) = model.generate("the ", length=60, seed=5)
    assert len(text) == 60
    assert "".join(model.stream("the ", length=60, seed=5)) == text
    assert model.generate("the ", length=60, seed=5, samples=3)[0] == text
    assert model.generate("the ", length=60, seed=6) != [text]
    assert model.generate("the ", length=20, temperature=0.0, seed=1) == model.generate(
        "the ", length=20, temperature=0.0, seed=2
    )


def test_the_unknown_symbol_is_never_generated(tmp_path: Path) -> None:
    model = trained(tmp_path)
    with torch.no_grad():
        model.module.output.bias[model.vocabulary.text.unknown_id] = 1e4
    assert "<unk>" not in model.generate(length=100)[0]


@pytest.mark.parametrize("tokenizer", ["char", "word", "byte", "whitespace"])
def test_every_tokenizer_trains_and_generates(tokenizer: str, tmp_path: Path) -> None:
    model = trained(tmp_path, f"data.tokenizer={tokenizer}")
    assert model.generate(length=10)[0]
    assert model.score(["the cat sat"])[0]["logp"] < 0


@pytest.mark.parametrize("tokenizer", ["bpe", "unigram"])
def test_subwords_train_and_generate(tokenizer: str, tmp_path: Path) -> None:
    model = trained(tmp_path, f"data.tokenizer={tokenizer}", "data.max_symbols=300")
    assert model.generate(length=10)[0]
    words = {score.name: score for score in model.evaluate(tmp_path / "verse.txt").scores}["word-perplexity"]
    text = (tmp_path / "verse.txt").read_text()
    assert words.n == len(text.split()) + text.count("\n")


def test_tied_weights_are_one_matrix_before_and_after_saving(tmp_path: Path) -> None:
    model = trained(tmp_path, "output.tied=true")
    for each in (model, weft.load(tmp_path / "run")):
        assert each.module.output.weight is each.module.embedding.weight


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        (["encoder.bidirectional=true"], "a language model reads forward only"),
        (
            ["output.tied=true", "embedding.size=5"],
            r"needs embedding\.size = encoder\.hidden, got 5 and 4",
        ),
        (["output.tied=true", "embedding.kind=one-hot"], r"output\.tied needs embedding\.kind = 'learned'"),
    ],
)
def test_impossible_networks_are_refused(settings: list[str], sentence: str) -> None:
    with pytest.raises(ConfigError, match=sentence):
        resolve(TINY, settings)


def test_a_classifier_starts_from_a_language_model(tmp_path: Path) -> None:
    start = trained(tmp_path, "training.max_steps=20")
    document = {"task": "classify", **{key: TINY[key] for key in ("embedding", "encoder", "training")}}
    document["data"] = {"tokenizer": "char"}
    model = weft.train(
        {**document, "training": {**document["training"], "lr": 1e-9}},
        train=reviews(tmp_path / "r.csv"),
        out=tmp_path / "tuned",
        init=tmp_path / "run",
    )
    assert model.vocabulary.text.symbols == start.vocabulary.text.symbols
    assert model.classes == ("bad", "good")
    for name, tensor in start.module.encoder.state_dict().items():
        assert torch.allclose(model.module.encoder.state_dict()[name], tensor, atol=1e-6)


def test_a_classifiers_vocabulary_is_no_language_models(tmp_path: Path) -> None:
    with pytest.raises(RunError, match=r"vocabulary\.json of a language model needs 'text', got \['labels'\]"):
        task.vocabulary_from_json({"labels": {}})
    model = weft.train(
        {"task": "classify", "training": {"max_steps": 1}}, train=reviews(tmp_path / "r.csv"), out=tmp_path / "run"
    )
    with pytest.raises(RunError, match="no end-of-line symbol: it was not made by a language model"):
        task.vocabulary_from_json(model.vocabulary.to_json())


def test_a_run_from_before_cells_had_options_loads(language_model_run, tmp_path):
    """Its recipe names an activation, which its LSTM never had, and none of the settings that came later."""
    old = tmp_path / "old"
    shutil.copytree(language_model_run, old)
    lines = (old / "recipe.toml").read_text(encoding="utf-8").splitlines()
    later = ("options", "[encoder.options]", "locked", "zoneout", "weight_dropout", "learned_start", "last_hidden")
    later += ("norm", "residual", "feedforward")
    kept = [line for line in lines if not line.startswith(later)]
    assert len(kept) <= len(lines) - len(later)
    place = kept.index("[encoder]") + 1
    (old / "recipe.toml").write_text("\n".join([*kept[:place], 'activation = "tanh"', *kept[place:]]), encoding="utf-8")
    texts = ["a fine film", "cold"]
    assert weft.load(old).score(texts) == weft.load(language_model_run).score(texts)
