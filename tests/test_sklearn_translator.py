"""``weft.sklearn.Translator`` keeps scikit-learn's promises, as ``TextClassifier`` does."""

from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pytest
from sklearn.base import clone, is_classifier, is_regressor
from sklearn.exceptions import NotFittedError, SkipTestWarning
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.utils import get_tags
from sklearn.utils.estimator_checks import check_estimator

import weft
from weft.errors import ConfigError, RunError, WeftError
from weft.sklearn import TextError, Translator

TINY = (
    "data.tokenizer=word",
    "encoder.bidirectional=false",
    "decoder.hidden=16",
    "decoding.beam=2",
    "training.batch_size=6",
    "training.threads=1",
)
FAST = (*TINY, "training.epochs=12", "training.lr=0.03")
WORDS = {"cat": "Katze", "dog": "Hund", "cow": "Kuh", "owl": "Eule"}
SOURCES = [f"{a} {b}" for a in WORDS for b in WORDS] * 3
TARGETS = [" ".join(WORDS[word] for word in source.split()) for source in SOURCES]


@pytest.fixture(autouse=True)
def no_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("weft.training.finishing.curves.draw", lambda *args, **options: None)


@pytest.fixture(scope="module")
def fitted() -> Translator:
    return small().fit(SOURCES, TARGETS)


def small(**options: object) -> Translator:
    return Translator(**{"settings": FAST, **options})  # type: ignore[arg-type]


def test_the_suite_asks_nothing_but_to_be_cloned() -> None:
    with pytest.warns(SkipTestWarning, match="Can't test estimator Translator which requires input"):
        results = check_estimator(small(), on_fail=None)
    assert {result["check_name"] for result in results} <= {"check_estimator_cloneable"}


def test_parameters_are_kept_as_given_and_cloned(fitted: Translator) -> None:
    settings = ["encoder.hidden=8"]
    estimator = Translator("luong2015", settings=settings, seed=7, valid_fraction=0.2)
    assert estimator.get_params() == {
        "recipe": "luong2015",
        "settings": settings,
        "seed": 7,
        "valid_fraction": 0.2,
        "out": None,
    }
    assert estimator.settings is settings
    assert clone(estimator).get_params() == estimator.get_params()
    with pytest.raises(NotFittedError):
        clone(fitted).predict(SOURCES)


def test_what_it_says_of_itself() -> None:
    tags = get_tags(small())
    assert not is_classifier(small())
    assert not is_regressor(small())
    assert tags.input_tags.string
    assert tags.input_tags.one_d_array
    assert not tags.input_tags.two_d_array
    assert tags.target_tags.required


def test_learns_and_writes_texts(fitted: Translator) -> None:
    found = fitted.predict(SOURCES)
    assert (found.shape, found.dtype) == ((len(SOURCES),), object)
    assert fitted.score(SOURCES, TARGETS) == 1.0
    assert fitted.score(SOURCES[:2], [TARGETS[0], "Hund"]) == 0.5
    assert fitted.score(SOURCES[:2], [TARGETS[0], "Hund"], sample_weight=[3, 1]) == 0.75
    assert fitted.score(SOURCES[:1], [TARGETS[0].lower()]) == 0.0


def test_an_empty_text_is_answered_by_an_empty_one_in_its_place(fitted: Translator) -> None:
    assert fitted.predict(["", SOURCES[1], "  "]).tolist() == ["", TARGETS[1], ""]


def test_texts_may_come_in_any_row_of_strings(fitted: Translator) -> None:
    expected = fitted.predict(SOURCES).tolist()
    for given in (tuple(SOURCES), iter(SOURCES), np.array(SOURCES), np.array(SOURCES, dtype=object)):
        assert fitted.predict(given).tolist() == expected


def test_a_second_fit_forgets_the_first_and_a_failed_one_does_not() -> None:
    estimator = small().fit(SOURCES, TARGETS)
    with pytest.raises(TextError):
        estimator.fit(["a", ""], ["b", "c"])
    assert estimator.score(SOURCES, TARGETS) == 1.0
    numbers = ["1 2", "2 1"] * 8
    estimator.fit(numbers, numbers)
    assert "Hund" not in estimator.model_.vocabulary.target.symbols


def test_the_seed_decides(fitted: Translator) -> None:
    same, other = small().fit(SOURCES, TARGETS), small(seed=2).fit(SOURCES, TARGETS)
    pairs = list(zip(SOURCES, TARGETS, strict=True))[:4]
    assert same.model_.score_pairs(pairs) == fitted.model_.score_pairs(pairs)
    assert other.model_.score_pairs(pairs) != fitted.model_.score_pairs(pairs)


def test_held_out_pairs_are_no_copies() -> None:
    sources = [f"word{k // 2} same" for k in range(200)]
    estimator = small(settings=(*TINY, "training.epochs=1")).fit(sources, sources)
    symbols = set(estimator.model_.vocabulary.source.symbols)
    unseen = {source.split()[0] for source in sources} - symbols
    assert len(unseen) == 10, "20 pairs are held out, in twos of equal sources"


def test_pickle_carries_bytes_and_answers_the_same(fitted: Translator) -> None:
    again = pickle.loads(pickle.dumps(fitted))
    assert b"torch._utils" not in pickle.dumps(fitted)
    assert again.predict(SOURCES).tolist() == fitted.predict(SOURCES).tolist()
    assert again.model_.run is None
    assert pickle.loads(pickle.dumps(small())).get_params() == small().get_params()


def test_the_run_can_be_kept_and_is_never_written_over(tmp_path: Path) -> None:
    estimator = small(out=tmp_path / "run").fit(SOURCES, TARGETS)
    answers = weft.load(tmp_path / "run").predict(SOURCES, alternatives=1)
    assert [answer["translation"] for answer in answers] == estimator.predict(SOURCES).tolist()
    with pytest.raises(RunError, match="already holds a run"):
        estimator.fit(SOURCES, TARGETS)


def test_in_a_pipeline_and_a_search() -> None:
    upper = FunctionTransformer(lambda texts: [text.upper() for text in texts])
    pipeline = make_pipeline(upper, small()).fit(SOURCES, TARGETS)
    assert pipeline.score(SOURCES, TARGETS) == 1.0
    weak = (*TINY, "training.max_steps=1", "training.lr=0.000001")
    search = GridSearchCV(small(), {"settings": [weak, FAST]}, cv=2).fit(SOURCES, TARGETS)
    assert search.best_params_ == {"settings": FAST}


@pytest.mark.parametrize(
    ("texts", "targets", "sentence"),
    [
        ("a cat", ["b"], "expected a list of texts, got a single str 'a cat'"),
        (["a", ""], ["b", "c"], "text 2 of 2 is empty"),
        (["a", "b"], ["b", " "], "y: text 2 of 2 is empty"),
        (["a", "b"], ["b", 3], "y: text 2 of 2 is no str but int: 3"),
        (["a", "b"], None, "Translator requires y to be passed, but the target y is None"),
        (["a", "b"], ["c"], r"inconsistent numbers of samples: \[2, 1\]"),
        (["a", "b"], "c", "y: expected a list of texts, got a single str 'c'"),
    ],
)
def test_what_are_no_pairs_of_texts_is_refused(texts: object, targets: object, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        small().fit(texts, targets)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"valid_fraction": 1.0}, "valid_fraction must be at least 0 and below 1, got 1.0"),
        ({"settings": "a=8"}, "settings must be a list, got a single str 'a=8'"),
        ({"recipe": "tiny-classify", "settings": ()}, "Translator needs a recipe of task 'translate', 'tiny-classify'"),
    ],
)
def test_arguments_out_of_range_are_refused_at_fit(options: dict[str, object], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence) as caught:
        small(**options).fit(SOURCES, TARGETS)
    assert isinstance(caught.value, ConfigError)


def test_nothing_is_answered_before_fit() -> None:
    with pytest.raises(NotFittedError, match="This Translator instance is not fitted yet") as caught:
        small().predict(SOURCES)
    assert not isinstance(caught.value, WeftError)
