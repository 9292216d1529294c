"""Language models that learn from the text they are measured on: exactness, no look ahead, nothing left behind."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

import weft
from weft import DynamicEvaluation, NeuralCache
from weft.adaptation import variants
from weft.catalog import TASKS
from weft.config import resolve
from weft.data.stream import Numbered
from weft.errors import ConfigError, DataError
from weft.tasks.language_model.adapted import measured_sizes, passage_nats
from weft.tasks.language_model.cache import Cache, mixed
from weft.tasks.language_model.dynamic import EPSILON, Learning, gradients, weights_of
from weft.tasks.language_model.passage import Passage, read_passage
from weft.tasks.language_model.task import task
from weft.tasks.language_model.tuning import tune
from weft.types import Files

SOME = DynamicEvaluation(rate=0.5, decay=0.01, segment=7)
CACHE = NeuralCache(size=30, theta=0.5, weight=0.3)


@pytest.fixture(scope="module")
def model(language_model_run: Path) -> weft.Model:
    return weft.load(language_model_run)


@pytest.fixture
def passage(model: weft.Model, lines: Path, tmp_path: Path) -> Passage:
    return read_passage([lines], model.config, model.vocabulary, tmp_path / "passage").beginning(250)


def changed_late(passage: Passage, at: int) -> Passage:
    """Other symbols from place ``at`` on."""
    ids = np.array(passage.text.ids)
    ids[at:] = ids[at:][::-1]
    assert (ids != passage.text.ids).any()
    return replace(passage, text=Numbered(ids, passage.text.extent))


def by_name(result: weft.Evaluation) -> dict[str, float]:
    return {variant.name: variant.scores[0].value for variant in result.variants}


def test_variants_stand_apart_from_the_plain_scores(model, lines):
    result = model.evaluate(lines, dynamic=SOME, cache=CACHE)
    assert result.scores == model.evaluate(lines).scores
    assert list(by_name(result)) == ["in order", "cache", "dynamic", "dynamic+cache"]
    assert len(set(by_name(result).values())) == 4
    settings = {variant.name: variant.settings for variant in result.variants}
    assert settings["in order"] == {}
    assert settings["dynamic"] == {"dynamic": {"rule": "sgd", "rate": 0.5, "decay": 0.01, "segment": 7}}
    assert settings["dynamic+cache"]["cache"] == {"size": 30, "theta": 0.5, "weight": 0.3}
    signature = result.variants[3].scores[0].signature
    assert signature.startswith("in-order|dynamic:rule=sgd,rate=0.5,decay=0.01,segment=7|cache:size=30,theta=0.5,")
    plain = result.to_json()["variants"][0]
    assert plain["scores"][0]["value"] == by_name(result)["in order"]
    assert plain["scores"][0]["n"] == result.scores[0].n


def test_read_in_order_is_the_plain_score_but_for_the_beginnings_of_columns(model, lines):
    result = model.evaluate(lines, cache=CACHE)
    assert by_name(result)["in order"] == pytest.approx(result.scores[0].value, rel=0.02)


def test_rate_zero_and_weight_zero_change_nothing(model, lines):
    still = model.evaluate(lines, dynamic=replace(SOME, rate=0.0), cache=replace(CACHE, weight=0.0))
    values = by_name(still)
    assert values["cache"] == values["in order"]
    assert values["dynamic+cache"] == values["dynamic"] == pytest.approx(values["in order"], rel=1e-6)


def test_the_model_stays_as_it_is_and_the_answer_too(model, lines):
    before = {name: tensor.clone() for name, tensor in model.module.state_dict().items()}
    first = model.evaluate(lines, dynamic=SOME, cache=CACHE)
    assert all(torch.equal(tensor, before[name]) for name, tensor in model.module.state_dict().items())
    assert not any(parameter.grad is not None for parameter in model.module.parameters())
    assert model.evaluate(lines, dynamic=SOME, cache=CACHE).variants == first.variants


def test_later_text_does_not_reach_back(model, passage):
    late = changed_late(passage, 140)
    for read in (passage, late):
        assert read.text.ids[139] == passage.text.ids[139]
    for learning in (False, True):
        found = [
            passage_nats(model.module, read, Learning(model.module, SOME) if learning else None, CACHE, SOME.segment)
            for read in (passage, late)
        ]
        for mine, other in zip(*found, strict=True):
            assert mine[:140] == pytest.approx(other[:140], rel=1e-12)
            assert (mine[141:] != other[141:]).any()


def test_what_is_read_again_and_again_is_learned(model, passage):
    ids = np.tile(np.array(passage.text.ids[:25]), 12)
    again = replace(passage, text=Numbered(ids, passage.text.extent))
    plain, cached = passage_nats(model.module, again, None, NeuralCache(size=100, theta=1.0, weight=0.3))
    learned, both = passage_nats(
        model.module, again, Learning(model.module, replace(SOME, decay=0.0)), NeuralCache(size=100), SOME.segment
    )
    assert cached[100:].mean() < plain[100:].mean()
    assert learned[200:].mean() < plain[200:].mean()
    assert both[200:].mean() < plain[200:].mean()


def test_the_cache_is_a_distribution_over_what_it_holds():
    torch.manual_seed(1)
    states, symbols = torch.randn(12, 5), torch.randint(0, 4, (12,))
    how = NeuralCache(size=6, theta=0.7, weight=0.2)
    chances = torch.stack([whole(how, states, symbols, asked) for asked in range(4)]).exp()
    assert chances.sum(dim=0) == pytest.approx(torch.ones(11).double())
    likeness = (0.7 * states[11] @ states[5:11].T).double().softmax(dim=0)
    expected = [float(likeness[symbols[5:11] == asked].sum()) for asked in range(4)]
    assert chances[:, -1].tolist() == pytest.approx(expected)


def whole(how: NeuralCache, states: torch.Tensor, symbols: torch.Tensor, asked: int) -> torch.Tensor:
    """log p_cache of the symbol ``asked`` at every place but the first, each given the true symbols before it."""
    found = []
    for place in range(1, len(symbols)):
        cache = Cache(how)
        cache.read(states[:place], symbols[:place])
        found.append(cache.read(states[place : place + 1], torch.tensor([asked])))
    return torch.cat(found)


@pytest.mark.parametrize("size", [1, 5, 100])
def test_the_cache_does_not_depend_on_how_the_text_is_cut(size):
    torch.manual_seed(1)
    states, symbols = torch.randn(40, 5), torch.randint(0, 4, (40,))
    how = NeuralCache(size=size)
    at_once = Cache(how).read(states, symbols)
    cache = Cache(how)
    in_pieces = torch.cat([cache.read(*part) for part in zip(states.split(7), symbols.split(7), strict=True)])
    assert at_once[0].isnan()
    assert not at_once[1:].isnan().any()
    assert torch.allclose(in_pieces[1:], at_once[1:])


def test_the_mixture():
    nats, logp = torch.tensor([2.0, 3.0, 4.0]).double(), torch.tensor([math.nan, -math.inf, -1.0]).double()
    found = mixed(nats, logp, 0.25)
    assert found.tolist() == pytest.approx(
        [2.0, 3.0 - math.log(0.75), -math.log(0.75 * math.exp(-4) + 0.25 * math.exp(-1))]
    )
    assert torch.equal(mixed(nats, logp, 0.0), nats)


@pytest.mark.parametrize("scaled", [False, True])
def test_a_step_is_the_papers(model, passage, scaled):
    """Two segments by hand: the first from the trained weights, the second from where the first led."""
    sizes = [torch.rand_like(weight) * 0.1 for weight in weights_of(model.module)] if scaled else None
    how = DynamicEvaluation(rate=0.05, decay=0.2, segment=10, statistics=(Path("x"),) if scaled else ())
    learning = Learning(model.module, how, sizes)
    own, trained = weights_of(learning._module), weights_of(model.module)
    mean = torch.stack([size.mean() for size in sizes]).mean() if sizes else None
    state = None
    for piece in list(passage.pieces(10, torch.device("cpu")))[:2]:
        before = [weight.detach().clone() for weight in own]
        outputs, _ = learning._module.outputs(piece.ids, piece.lengths, state)
        logp = torch.log_softmax(learning._module.output(outputs[0]), -1)
        slopes = gradients(-logp[torch.arange(10), piece.targets[0]].mean(), own)
        read, state = learning.read(piece, state)
        assert read.nats.mean().item() == pytest.approx(-logp[torch.arange(10), piece.targets[0]].mean().item())
        for place, (weight, start, slope) in enumerate(zip(own, before, slopes, strict=True)):
            back, divisor = 0.2, 1.0
            if sizes:
                back, divisor = (0.2 * sizes[place] / mean).clamp(max=1.0), sizes[place] + EPSILON
            expected = start + back * (trained[place] - start) - 0.05 * slope / divisor
            assert torch.allclose(weight, expected, atol=1e-6)


def test_the_sizes_of_gradients_come_from_the_text_named(model, lines, tmp_path):
    config, how = model.config, DynamicEvaluation(segment=6, statistics=(lines,))
    sizes = measured_sizes(model.module, config, model.vocabulary, how, tmp_path)
    assert [size.shape for size in sizes] == [weight.shape for weight in weights_of(model.module)]
    assert all(bool((size >= 0).all()) and bool(size.any()) for size in sizes)
    assert measured_sizes(model.module, config, model.vocabulary, SOME, tmp_path) is None
    (found,) = [v for v in model.evaluate(lines, dynamic=how).variants if v.name == "dynamic"]
    assert found.settings["dynamic"]["rule"] == "rms"
    assert found.settings["dynamic"]["rate"] == 1e-4


def test_lines_that_know_nothing_of_each_other(lines, tmp_path):
    config = resolve({"task": "language-model", **task.tiny()}, ["data.context=line"])
    data = task.prepare(Files((lines,)), config, tmp_path)
    module = task.build(config, data.vocabulary, {})
    model = weft.Model(config=config, task=task, vocabulary=data.vocabulary, module=module)
    texts = lines.read_text(encoding="utf-8").splitlines()
    in_order = by_name(model.evaluate(lines, cache=NeuralCache(), dynamic=replace(SOME, rate=0.0)))
    scored = model.score(texts)
    expected = -sum(row["logp"] for row in scored) / sum(row["symbols"] for row in scored)
    assert in_order["in order"] == pytest.approx(expected)
    assert in_order["dynamic"] == pytest.approx(expected)


def test_tuning_finds_the_best_of_what_it_tries(model, passage, monkeypatch):
    monkeypatch.setattr("weft.tasks.language_model.tuning.RATES", (0.0, 0.3))
    monkeypatch.setattr("weft.tasks.language_model.tuning.DECAYS", (0.0, 0.1))
    start = replace(SOME, decay=0.1)
    tuned = tune(model.module, passage, dynamic=start, cache=CACHE)
    tried = [trial for trial in tuned.trials if trial.name == "dynamic"]
    assert len(tried) == 3  # two rates, one more decay; what was tried is not tried again
    best = min(tried, key=lambda trial: trial.nats)
    assert tuned.dynamic.settings() == best.settings
    nats, _ = passage_nats(model.module, passage, Learning(model.module, tuned.dynamic), None, 7)
    assert nats.mean() == pytest.approx(best.nats)
    best = min((trial for trial in tuned.trials if trial.name == "cache"), key=lambda trial: trial.nats)
    assert tuned.cache.settings() == best.settings
    assert tuned.cache.size == CACHE.size
    _, nats = passage_nats(model.module, passage, None, tuned.cache)
    assert nats.mean() == pytest.approx(best.nats)
    assert tuned.symbols == 250


def test_tasks_that_cannot_say_so(classifier_run, labelled):
    classifier = weft.load(classifier_run)
    sentence = "a model of task 'classify' cannot learn from the text it is measured on"
    with pytest.raises(ConfigError, match=sentence) as error:
        classifier.evaluate(labelled, dynamic=SOME)
    assert "task 'language-model'" in error.value.hint
    with pytest.raises(ConfigError, match=sentence):
        classifier.tune(labelled, cache=CACHE)
    assert not hasattr(TASKS.load("ngram", "task").task, "adapted")


def test_impossible_wishes(model, lines, tmp_path):
    with pytest.raises(ConfigError, match="tuning needs dynamic evaluation or a cache to tune"):
        model.tune(lines)
    with pytest.raises(DataError, match=r"standard input \('-'\) comes only once"):
        variants(model, [Path("-")], SOME, None)
    (tmp_path / "empty.txt").write_text("")
    with pytest.raises(DataError, match=r"empty\.txt: the file is empty"):
        model.tune(tmp_path / "empty.txt", cache=CACHE)


@pytest.mark.parametrize(
    ("make", "values", "sentence"),
    [
        (DynamicEvaluation, {"rate": -1.0}, "dynamic evaluation: rate must be a number from 0 to 1e38, got -1.0"),
        (DynamicEvaluation, {"rate": math.nan}, "dynamic evaluation: rate must be a number from 0 to 1e38, got nan"),
        (DynamicEvaluation, {"decay": 1.5}, "dynamic evaluation: decay must be between 0 and 1, got 1.5"),
        (DynamicEvaluation, {"segment": 0}, "dynamic evaluation: segment must be at least 1, got 0"),
        (NeuralCache, {"size": 0}, "neural cache: size must be at least 1, got 0"),
        (NeuralCache, {"theta": math.inf}, "neural cache: theta must be a number of at least 0, got inf"),
        (NeuralCache, {"weight": 1.0}, "neural cache: weight must be at least 0 and less than 1, got 1.0"),
    ],
)
def test_settings_out_of_range(make, values, sentence):
    with pytest.raises(ConfigError, match=sentence):
        make(**values)
