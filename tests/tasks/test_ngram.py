"""The n-gram model: what is scored is what its distributions say, line by line; what it cannot do is told."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
import torch

import weft
from weft.config import resolve
from weft.data.batching import pad
from weft.errors import BackendError, ConfigError, DataError, RunError, ShapeError
from weft.tasks.ngram import task as module
from weft.tasks.ngram.task import task
from weft.verify import certify, text_rows

from made import verse

LINES = ["the cat sat", "a dog ran so it goes", "", "goes goes the zebra"]
"""One is empty, one holds a word that training never saw."""


@pytest.fixture(scope="module")
def text(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return verse(tmp_path_factory.mktemp("text") / "verse.txt")


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory, text: Path) -> weft.Model:
    """A trigram of words; nothing here changes it."""
    return weft.train("trigram", train=text, out=tmp_path_factory.mktemp("runs") / "trigram")


def trained(folder: Path, *settings: str) -> weft.Model:
    return weft.train({"task": "ngram"}, train=verse(folder / "verse.txt"), out=folder / "run", settings=settings)


def spelled_out(model: weft.Model, text: str) -> float:
    """log p of a line as the product over the whole distributions that ``read`` gives."""
    ids = model.encode(text)
    y, _ = model.module.read(*pad([ids]))
    targets = [*ids[1:], model.vocabulary.text.end_id]
    return sum(float(y[0, place, target]) for place, target in enumerate(targets))


@pytest.mark.parametrize("settings", [("data.tokenizer=char", "model.order=4"), ("model.order=1",), ("model.order=5",)])
def test_a_line_is_scored_as_the_product_of_its_distributions(tmp_path: Path, settings: tuple[str, ...]) -> None:
    model = trained(tmp_path, *settings)
    for text, row in zip(LINES, model.score(LINES), strict=True):
        assert row["logp"] == pytest.approx(spelled_out(model, text), rel=1e-6)
        assert row["symbols"] == len(model.encode(text))


def test_every_distribution_sums_to_one_and_does_not_see_the_line_before(model: weft.Model) -> None:
    ids, lengths = pad([model.encode(text) for text in LINES])
    y, _ = model.module.read(ids, lengths)
    for row, length in zip(y, lengths, strict=True):
        assert torch.allclose(row[:length].exp().sum(-1), torch.ones(int(length), dtype=torch.float64), atol=1e-6)
        assert not row[length:].any()
    joined = torch.tensor([[*model.encode(LINES[0]), *model.encode(LINES[1])]])
    after, _ = model.module.read(joined, torch.tensor([joined.shape[1]]))
    assert torch.equal(after[0, len(model.encode(LINES[0])) :], y[1, : lengths[1]])


def test_reading_in_pieces_is_reading_at_once(model: weft.Model) -> None:
    ids, lengths = pad([model.encode(LINES[1])])
    whole, last = model.module.read(ids, lengths)
    first, state = model.module.read(ids[:, :3], torch.tensor([3]))
    rest, end = model.module.read(ids[:, 3:], torch.tensor([ids.shape[1] - 3]), state)
    assert torch.equal(torch.cat([first, rest], dim=1), whole)
    assert torch.equal(end["context"], last["context"])
    state = model.begin(1)
    for place, symbol in enumerate(ids[0]):
        y, state = model.step([int(symbol)], state)
        assert torch.equal(y[0], whole[0, place])


@pytest.mark.parametrize("order", [1, 2, 4])
@pytest.mark.parametrize("length", [1, 2, 3, 9])
def test_a_prompt_read_at_once_is_what_its_steps_say(tmp_path: Path, order: int, length: int) -> None:
    model = trained(tmp_path, "data.tokenizer=char", f"model.order={order}")
    decoder = task.decoder(model.module, model.vocabulary)
    ids = torch.from_numpy(model.encode("a dog ran so"))[:length]
    for state in (decoder.start(1), {"context": decoder.start(1)["context"][:, :0]}):
        at_once, said = decoder.read_on(state, ids), decoder.step(state, ids[:1])
        for symbol in ids[1:]:
            said = decoder.step(said.state, symbol[None])
        assert torch.equal(at_once.logp, said.logp)
        assert torch.equal(at_once.state["context"], said.state["context"])


def test_neighbours_and_a_missing_end_change_no_score(model: weft.Model) -> None:
    together = model.score(LINES)
    assert together == [model.score([line])[0] for line in LINES]
    for line, whole, open_ended in zip(LINES, together, model.score(LINES, end=False), strict=True):
        y, _ = model.module.read(*pad([model.encode(line)]))
        assert open_ended["symbols"] == whole["symbols"] - 1
        assert open_ended["logp"] + float(y[0, -1, 1]) == pytest.approx(whole["logp"])
    assert together[3]["unknown"] == 1
    assert together[2]["symbols"] == 1
    assert model.score([]) == []


@pytest.mark.parametrize("piece", [module.PIECE, 7])
def test_evaluation_is_the_sum_of_the_scores(
    model: weft.Model, text: Path, monkeypatch: pytest.MonkeyPatch, piece: int
) -> None:
    """However many symbols are looked up at once, and wherever a block begins."""
    monkeypatch.setattr(module, "PIECE", piece)
    monkeypatch.setattr(module, "BLOCK", min(module.BLOCK, piece))
    scores = {score.name: score for score in model.evaluate(text).scores}
    lines = text.read_text().splitlines()
    rows = model.score(lines)
    nats = -sum(row["logp"] for row in rows)
    assert scores["nats-per-symbol"].n == sum(row["symbols"] for row in rows)
    assert scores["nats-per-symbol"].value == pytest.approx(nats / scores["nats-per-symbol"].n)
    assert scores["perplexity"].value == pytest.approx(math.exp(scores["nats-per-symbol"].value))
    assert scores["bits-per-character"].n == sum(len(line) + 1 for line in lines)
    assert scores["word-perplexity"].n == sum(len(line.split()) + 1 for line in lines)


def test_unknown_symbols_of_a_file_are_counted(model: weft.Model, tmp_path: Path) -> None:
    (tmp_path / "odd.txt").write_text("\n".join(LINES) + "\n")
    (first, *_) = model.evaluate(tmp_path / "odd.txt").scores
    assert "|unknown:1|" in first.signature
    assert math.isfinite(first.value)


def test_a_smaller_vocabulary_is_not_better_by_saying_unknown(tmp_path: Path) -> None:
    """What is called unknown is charged its spelling; else a model of few words had the best bits a character."""
    text = tmp_path / "text.txt"
    names = ["amber", "basil", "cedar", "dahlia", "elder", "fennel", "garlic", "hazel"]
    text.write_text("".join(f"the {names[n % 8]}{n % 5} grows by the {names[n * 3 % 8]}\n" for n in range(80)))
    bits, nats = [], []
    for most in (0, 4):
        model = weft.train("trigram", train=text, out=tmp_path / f"{most}", settings=[f"data.max_symbols={most}"])
        found = {score.name: score.value for score in model.evaluate(text, leaks=False).scores}
        bits.append(found["bits-per-character"])
        nats.append(found["nats-per-symbol"])
        row = model.score(["the amber0 grows by the dahlia"])[0]
        spelled = model.vocabulary.text.spelling("the amber0 grows by the dahlia")
        assert row["bits_per_character"] == pytest.approx((spelled - row["logp"]) / math.log(2) / 31)
    assert nats[1] < nats[0]
    assert bits[1] > bits[0]


def test_generation_is_seeded_and_knows_no_unknown_symbol(model: weft.Model) -> None:
    (text,) = model.generate("the cat", length=40, seed=5)
    assert "".join(model.stream("the cat", length=40, seed=5)) == text
    assert model.generate("the cat", length=40, seed=6) != [text]
    assert "<unk>" not in "".join(model.generate(length=100, samples=3))


@pytest.mark.parametrize("tokenizer", ["byte", "bpe", "whitespace"])
def test_other_symbols_are_counted_as_well(tokenizer: str, tmp_path: Path) -> None:
    model = trained(tmp_path, f"data.tokenizer={tokenizer}", "data.max_symbols=300")
    assert math.isfinite(model.score(["the zebra"])[0]["logp"])


def test_the_certificate_leaves_out_what_needs_weights(model: weft.Model) -> None:
    certificate = certify(model, text_rows(model, LINES))
    assert certificate.passed
    ran = {line.way for line in certificate.ran}
    assert ran >= {"alone", "padded", "other-padding", "streamed", "split", "saved", "company"}
    reasons = {line.way: line.reason for line in certificate.lines if line.verdict == "not applicable"}
    assert {way.split()[0] for way in reasons} == {"stepped", "kernel", "float64", "cuda"}
    assert all(reasons.values())


def test_a_copy_in_another_precision_is_the_same_model(model: weft.Model) -> None:
    before = {name: tensor.dtype for name, tensor in model.module.state_dict().items()}
    assert set(before.values()) == {torch.float32, torch.int64}
    assert {name: tensor.dtype for name, tensor in model.module.double().state_dict().items()} == before


def test_what_an_ngram_model_cannot_do_is_told(model: weft.Model) -> None:
    with pytest.raises(ConfigError, match="a model of task 'ngram' does not predict; use generate or score"):
        model.predict(["a"])
    with pytest.raises(BackendError, match="looked up and not computed, so there are no weights to pack"):
        model.reader()
    with pytest.raises(BackendError, match="precision 'int8' cannot run here: an n-gram model is looked up"):
        model.generate(precision="int8")
    with pytest.raises(ConfigError, match="unknown precision 'int4'"):
        model.generate(precision="int4")


@pytest.mark.parametrize(
    ("state", "got"),
    [
        ({}, "none"),
        ({"context": torch.ones(1, 3, dtype=torch.int64)}, r"int64 \[1, 3\]"),
        ({"context": torch.ones(1, 2)}, r"float32 \[1, 2\]"),
    ],
)
def test_a_state_of_something_else_is_refused(model: weft.Model, state: dict[str, torch.Tensor], got: str) -> None:
    with pytest.raises(ShapeError, match=rf"state 'context': expected int64 \[1, 2\] \(rows, order - 1\), got {got}"):
        model.step([1], state)


def test_symbols_that_are_none_are_refused(model: weft.Model) -> None:
    with pytest.raises(ShapeError, match="state 'context': expected symbols from 0 to"):
        model.step([1], {"context": torch.tensor([[1, 99]])})
    with pytest.raises(ShapeError, match="begin: expected at least 1 row, got 0"):
        model.begin(0)


@pytest.mark.parametrize(
    ("setting", "sentence"),
    [
        ("training.lr=0.1", "training.lr: unknown key; known here: watch, seed, threads, device"),
        ("training.device=cuda", "training.device: input should be 'auto' or 'cpu', got 'cuda'"),
        ("encoder.hidden=5", "encoder: unknown key"),
        ("model.order=0", "model.order: input should be greater than or equal to 1, got 0"),
        ("model.prune=[0,1,1,1]", "model.prune has 4 numbers, but model.order is 3"),
        ("model.prune=[1]", r"model.prune must begin with 0 \(single symbols stay\) and never fall, got \[1\]"),
        ("model.prune=[0,2,1]", r"and never fall, got \[0, 2, 1\]"),
    ],
)
def test_settings_that_mean_nothing_are_refused(setting: str, sentence: str) -> None:
    with pytest.raises(ConfigError, match=sentence):
        resolve({"task": "ngram"}, [setting])


def test_pruned_ngrams_are_gone(tmp_path: Path, model: weft.Model) -> None:
    pruned = trained(tmp_path, "model.prune=[0,0,20]")
    assert pruned.module.ngrams.sizes()[:2] == model.module.ngrams.sizes()[:2]
    assert pruned.module.ngrams.sizes()[2] < model.module.ngrams.sizes()[2]
    y, _ = pruned.module.read(*pad([pruned.encode(LINES[1])]))
    assert torch.allclose(y.exp().sum(-1), torch.ones(y.shape[:2], dtype=torch.float64), atol=1e-6)


def test_ngrams_that_fit_no_recipe_or_vocabulary_are_refused(model: weft.Model) -> None:
    arrays = model.module.ngrams.arrays()
    with pytest.raises(RunError, match="do not fit the run's recipe and vocabulary: order 3, not 2"):
        task.assemble(resolve({"task": "ngram"}, ["model.order=2"]), model.vocabulary, arrays)


def test_a_card_that_was_asked_for_is_refused(model: weft.Model, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where there is one; "auto" takes the CPU."""
    monkeypatch.setattr("weft.model.choose_device", lambda name: torch.device("cuda"))
    with pytest.raises(BackendError, match="a model of task 'ngram' runs on the CPU only"):
        weft.load(model.run, device="cuda")
    assert next(weft.load(model.run, device="auto").module.parameters()).device.type == "cpu"


def test_a_text_of_a_line_or_of_nothing(tmp_path: Path) -> None:
    one, empty = tmp_path / "one.txt", tmp_path / "empty.txt"
    one.write_text("only this line\n")
    empty.write_text("\n\n\n")
    with pytest.raises(DataError, match=r"1 line\(s\) of text cannot be divided into a training and a validation part"):
        weft.train("trigram", train=one, out=tmp_path / "run")
    with pytest.raises(DataError, match="every training text is empty"):
        weft.train("trigram", train=empty, out=tmp_path / "run")
    assert not (tmp_path / "run").exists()
    model = weft.train("trigram", train=one, valid=one, out=tmp_path / "run")
    again, other = (row["logp"] for row in model.score(["only this line", "line this only"]))
    assert again > other
    assert np.isfinite(model.score([""])[0]["logp"])
