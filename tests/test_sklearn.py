"""``TextClassifier`` keeps scikit-learn's promises: its suite through an adapter, and what that cannot ask of texts."""

from __future__ import annotations

import pickle
import signal
import threading
from pathlib import Path

import numpy as np
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin, clone, is_classifier
from sklearn.exceptions import NotFittedError, SkipTestWarning
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.utils import get_tags
from sklearn.utils.estimator_checks import check_estimator
from sklearn.utils.validation import check_is_fitted, validate_data

import weft
from weft.errors import ConfigError, RunError, WeftError
from weft.sklearn import TextClassifier, TextError
from weft.training import Listener

TINY = (
    "embedding.size=8",
    "embedding.dropout=0",
    "encoder.cell=elman",
    "encoder.hidden=8",
    "encoder.bidirectional=false",
)
FAST = (*TINY, "training.epochs=8", "training.lr=0.05", "training.batch_size=8", "training.threads=1")
ANIMALS = ["the cat sleeps", "a dog barks", "the cow eats", "my cat and dog", "a horse runs", "the dog sleeps"]
TOOLS = ["a hammer hits", "the saw cuts", "my drill turns", "a saw and drill", "the hammer falls", "a drill cuts"]
TEXTS = (ANIMALS + TOOLS) * 5
LABELS = (["animal"] * 6 + ["tool"] * 6) * 5


@pytest.fixture(autouse=True)
def no_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    """Learning curves are drawn at the end of every training; nobody looks at a hundred of them here."""
    monkeypatch.setattr("weft.training.finishing.curves.draw", lambda *args, **options: None)


@pytest.fixture(scope="module")
def fitted() -> TextClassifier:
    return small().fit(TEXTS, LABELS)


def small(**options: object) -> TextClassifier:
    return TextClassifier(**{"settings": FAST, **options})  # type: ignore[arg-type]


# --- scikit-learn's own suite -----------------------------------------------------------------------------------------


def test_the_suite_asks_an_honest_text_estimator_nothing_but_to_be_cloned() -> None:
    with pytest.warns(SkipTestWarning, match="Can't test estimator TextClassifier which requires input"):
        results = check_estimator(small(), on_fail=None)
    assert {result["check_name"] for result in results} <= {"check_estimator_cloneable"}


class NumberClassifier(ClassifierMixin, BaseEstimator):
    """A thin face of numbers before the text classifier: a row becomes a text of tokens like ``2:-1``."""

    def __init__(self, epochs: int = 3, seed: int = 1) -> None:
        self.epochs = epochs
        self.seed = seed

    def fit(self, X, y):  # noqa: N803 - scikit-learn's name
        if y is None:
            raise ValueError("NumberClassifier requires y to be passed, but the target y is None")
        rows, y = validate_data(self, X, y)
        settings = (*FAST, f"training.epochs={self.epochs}", "training.batch_size=16")
        self.texts_ = small(settings=settings, seed=self.seed).fit(tokens(rows), y)
        self.classes_ = self.texts_.classes_
        return self

    def predict(self, X):  # noqa: N803
        check_is_fitted(self)
        return self.texts_.predict(tokens(validate_data(self, X, reset=False)))

    def predict_proba(self, X):  # noqa: N803
        check_is_fitted(self)
        return self.texts_.predict_proba(tokens(validate_data(self, X, reset=False)))


def tokens(rows: np.ndarray) -> list[str]:
    return [" ".join(f"{column}:{round(float(value))}" for column, value in enumerate(row)) for row in rows]


EXPECTED_FAILURES: dict[str, str] = {}
"""Checks of the suite that fail, each with its reason: none. One that starts to fail must be mended or named here."""

MAY_SKIP = {"check_array_api_input", "check_classifier_data_not_an_array"}
"""Checks that skip themselves where SCIPY_ARRAY_API is not set, or pandas is not installed."""


@pytest.mark.filterwarnings("default")  # the suite provokes warnings of its own and asserts on them itself
def test_the_suite_passes_through_numbers() -> None:
    results = check_estimator(NumberClassifier(), expected_failed_checks=EXPECTED_FAILURES, on_skip=None, on_fail=None)
    by_status: dict[str, dict[str, object]] = {"passed": {}, "failed": {}, "xfail": {}, "skipped": {}}
    for result in results:
        by_status[result["status"]][result["check_name"]] = result["exception"]
    assert by_status["failed"] == {}
    assert set(by_status["xfail"]) == set(EXPECTED_FAILURES), "an expected failure has mended itself: unname it"
    assert set(by_status["skipped"]) <= MAY_SKIP
    assert len(by_status["passed"]) >= 45
    assert {"check_classifiers_train", "check_estimators_pickle", "check_fit_idempotent"} <= set(by_status["passed"])


# --- parameters -------------------------------------------------------------------------------------------------------


def test_parameters_are_kept_as_given_and_cloned() -> None:
    settings = ["encoder.hidden=8"]
    estimator = TextClassifier("tiny-classify", settings=settings, seed=7, valid_fraction=0.2, out=None)
    assert estimator.get_params() == {
        "recipe": "tiny-classify",
        "settings": settings,
        "seed": 7,
        "valid_fraction": 0.2,
        "out": None,
    }
    assert estimator.settings is settings
    copy = clone(estimator.set_params(seed=8))
    assert copy.get_params() == estimator.get_params()
    assert copy.seed == 8
    with pytest.raises(ValueError, match="Invalid parameter 'recipee'"):
        estimator.set_params(recipee="x")


def test_a_clone_of_a_fitted_estimator_knows_nothing(fitted: TextClassifier) -> None:
    with pytest.raises(NotFittedError):
        clone(fitted).predict(TEXTS)


def test_what_it_says_of_itself() -> None:
    tags = get_tags(small())
    assert is_classifier(small())
    assert tags.input_tags.string
    assert tags.input_tags.one_d_array
    assert not tags.input_tags.two_d_array
    assert tags.target_tags.required
    assert not tags.classifier_tags.multi_label


# --- learning ---------------------------------------------------------------------------------------------------------


def test_learns_and_answers_in_the_labels_of_the_person(fitted: TextClassifier) -> None:
    assert fitted.classes_.tolist() == ["animal", "tool"]
    assert not hasattr(fitted, "n_features_in_")
    assert fitted.score(TEXTS, LABELS) == 1.0
    assert fitted.predict(["the horse barks", "a saw turns"]).tolist() == ["animal", "tool"]


def test_probabilities_are_those_of_the_decision(fitted: TextClassifier) -> None:
    probabilities = fitted.predict_proba(TEXTS)
    assert probabilities.shape == (60, 2)
    assert np.allclose(probabilities.sum(axis=1), 1.0)
    assert (fitted.classes_[probabilities.argmax(axis=1)] == fitted.predict(TEXTS)).all()
    answer = fitted.model_.predict([TEXTS[0]])[0]
    assert answer["label"] == "animal"
    assert answer["probability"] == pytest.approx(probabilities[0, 0])


@pytest.mark.parametrize(
    "labels",
    [
        np.array([0, 1]),
        np.array([5, -2], dtype=np.int8),
        np.array([True, False]),
        np.array(["yes", "no"]),
        np.array(["yes", "no"], dtype=object),
        np.array(["a ", "a"]),
        np.array(["", "1"]),
        np.array([10, 9]),
    ],
    ids=repr,
)
def test_labels_keep_their_type(labels: np.ndarray) -> None:
    y = labels[[0 if label == "animal" else 1 for label in LABELS]]
    estimator = small().fit(TEXTS, y)
    assert estimator.classes_.tolist() == sorted(labels.tolist())
    assert estimator.classes_.dtype == labels.dtype
    assert estimator.predict(TEXTS).dtype == labels.dtype
    assert estimator.score(TEXTS, y) == 1.0


def test_texts_may_come_in_any_row_of_strings(fitted: TextClassifier) -> None:
    expected = fitted.predict(TEXTS).tolist()
    for given in (tuple(TEXTS), iter(TEXTS), np.array(TEXTS), np.array(TEXTS, dtype=object)):
        assert fitted.predict(given).tolist() == expected


def test_texts_with_odd_characters_arrive_whole() -> None:
    texts = ["naïve\ncafé", 'with "quotes", commas', "日本 語", "emoji 🎉 tab\there"] * 3
    estimator = small().fit(texts, [0, 1, 2, 3] * 3)
    assert estimator.predict_proba(texts).shape == (12, 4)
    assert "🎉" in estimator.model_.vocabulary.text.symbols


def test_a_second_fit_forgets_the_first() -> None:
    estimator = small().fit(TEXTS, LABELS)
    other = ["red green", "blue yellow", "one two", "three four"] * 5
    numbers = [1, 1, 2, 2] * 5
    estimator.fit(other, numbers)
    fresh = small().fit(other, numbers)
    assert estimator.classes_.tolist() == [1, 2]
    assert np.array_equal(estimator.predict_proba(other), fresh.predict_proba(other))
    assert "cat" not in estimator.model_.vocabulary.text.symbols


def test_a_fit_that_fails_leaves_the_last_one(fitted: TextClassifier) -> None:
    before = fitted.predict_proba(TEXTS)
    with pytest.raises(TextError):
        fitted.fit(["one text", ""], [0, 1])
    assert np.array_equal(fitted.predict_proba(TEXTS), before)


def test_the_seed_decides(fitted: TextClassifier) -> None:
    same, other = small().fit(TEXTS, LABELS), small(seed=2).fit(TEXTS, LABELS)
    assert np.array_equal(same.predict_proba(TEXTS), fitted.predict_proba(TEXTS))
    assert not np.array_equal(other.predict_proba(TEXTS), fitted.predict_proba(TEXTS))


def test_held_out_texts_are_no_copies_and_no_class_is_lost() -> None:
    texts = [f"word{k // 2} same" for k in range(198)] + ["rare one", "rare two"]
    labels = ["a", "b"] * 99 + ["c", "c"]
    estimator = small(settings=(*TINY, "training.epochs=1", "training.threads=1")).fit(texts, labels)
    symbols = set(estimator.model_.vocabulary.text.symbols)
    unseen = {text.split()[0] for text in texts} - symbols - {"rare"}
    assert len(unseen) == 10, "20 texts are held out, in pairs of equal ones"
    assert estimator.classes_.tolist() == ["a", "b", "c"]
    assert estimator.model_.classes == ("a", "b", "c")
    everything = small(settings=(*TINY, "training.epochs=1"), valid_fraction=0.0).fit(texts, labels)
    assert set(everything.model_.vocabulary.text.symbols) >= {text.split()[0] for text in texts}


# --- keeping ----------------------------------------------------------------------------------------------------------


def test_pickle_carries_bytes_and_answers_the_same(fitted: TextClassifier) -> None:
    pickled = pickle.dumps(fitted)
    assert b"torch" not in pickled.replace(b'"torch"', b""), "only the run's own record of versions may name it"
    again = pickle.loads(pickled)
    assert np.array_equal(again.predict_proba(TEXTS), fitted.predict_proba(TEXTS))
    assert again.classes_.tolist() == ["animal", "tool"]
    assert again.model_.run is None
    assert pickle.loads(pickle.dumps(again)).predict(TEXTS).tolist() == fitted.predict(TEXTS).tolist()
    assert pickle.loads(pickle.dumps(small())).get_params() == small().get_params()


def test_the_run_can_be_kept_and_is_never_written_over(tmp_path: Path) -> None:
    estimator = small(out=tmp_path / "run").fit(TEXTS, LABELS)
    answers = weft.load(tmp_path / "run").predict(TEXTS)
    assert [answer["label"] for answer in answers] == estimator.predict(TEXTS).tolist()
    assert estimator.model_.run == tmp_path / "run"
    with pytest.raises(RunError, match="already holds a run"):
        estimator.fit(TEXTS, LABELS)


def test_nothing_is_left_in_the_temporary_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    estimator = small().fit(TEXTS, LABELS)
    assert estimator.model_.run is None
    pickle.loads(pickle.dumps(estimator)).predict(TEXTS)
    assert list(tmp_path.iterdir()) == []


def test_saved_from_an_estimator(fitted: TextClassifier, tmp_path: Path) -> None:
    fitted.model_.save(tmp_path / "saved")
    assert weft.load(tmp_path / "saved").predict(TEXTS) == fitted.model_.predict(TEXTS)


# --- in company -------------------------------------------------------------------------------------------------------


def test_last_in_a_pipeline() -> None:
    strip = FunctionTransformer(lambda texts: [text.upper() for text in texts])
    pipeline = make_pipeline(strip, small(settings=(*FAST, "data.lowercase=false")))
    pipeline.fit(TEXTS, LABELS)
    assert pipeline.score(TEXTS, LABELS) == 1.0
    assert "CAT" in pipeline[-1].model_.vocabulary.text.symbols


def test_cross_validation() -> None:
    scores = cross_val_score(small(), TEXTS, LABELS, cv=3)
    assert scores.shape == (3,)
    assert scores.min() > 0.9


def test_grid_search_in_two_processes() -> None:
    weak = (*TINY, "training.max_steps=1", "training.lr=0.000001", "training.threads=1")
    search = GridSearchCV(small(), {"settings": [weak, FAST]}, cv=2, n_jobs=2)
    search.fit(TEXTS, LABELS)
    assert search.best_params_ == {"settings": FAST}
    assert search.best_score_ == pytest.approx(1.0, abs=0.1)
    assert search.predict(["the cat"]).tolist() == ["animal"]


def test_fit_in_a_thread() -> None:
    done: list[float] = []
    thread = threading.Thread(target=lambda: done.append(small().fit(TEXTS, LABELS).score(TEXTS, LABELS)))
    thread.start()
    thread.join()
    assert done == [1.0]


def test_ctrl_c_ends_the_search_around_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Listener, "on_begin", lambda self, event: signal.raise_signal(signal.SIGINT), raising=True)
    with pytest.raises(KeyboardInterrupt):
        small(settings=(*TINY, "training.epochs=1000")).fit(TEXTS, LABELS)


# --- refusals ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("texts", "sentence"),
    [
        ("the cat", "expected a list of texts, got a single str 'the cat'"),
        (["a", ""], "text 2 of 2 is empty"),
        (["a", " \n"], "text 2 of 2 is empty"),
        (["a", b"b"], "text 2 of 2 is no str but bytes: b'b'"),
        ([["a", "b"], "c"], r"text 1 of 2 is no str but list: \['a', 'b'\]"),
        (["a", None], "text 2 of 2 is no str but NoneType: None"),
        (np.array([["a"], ["b"]]), r"expected a list of texts, got ndarray of shape \[2, 1\]"),
        (np.array("a"), r"expected a list of texts, got ndarray of shape \[\]"),
        (np.zeros(2), "text 1 of 2 is no str but float64: "),
        ([], "expected a list of texts, got an empty one"),
        (3, "expected a list of texts, got int: 3"),
        (None, "expected a list of texts, got NoneType: None"),
    ],
    ids=repr,
)
def test_what_is_no_list_of_texts_is_refused_by_name_and_place(
    fitted: TextClassifier, texts: object, sentence: str
) -> None:
    for call in (
        lambda: small().fit(texts, [0, 1]),
        lambda: fitted.predict(texts),
        lambda: fitted.predict_proba(texts),
    ):  # type: ignore[arg-type]
        with pytest.raises(ValueError, match=sentence) as caught:
            call()
        assert isinstance(caught.value, WeftError)


@pytest.mark.parametrize(
    ("labels", "sentence"),
    [
        (["x", "x"], "the labels hold 1 class, 'x'; a classifier needs at least two"),
        (None, "requires y to be passed, but the target y is None"),
        (["x"], r"inconsistent numbers of samples: \[2, 1\]"),
        ([0.5, 1.5], "Unknown label type: continuous"),
        ([["x"], ["x", "y"]], "inhomogeneous|y should be a 1d array"),
        ([[0, 1], [1, 1]], "y should be a 1d array"),
    ],
    ids=repr,
)
def test_labels_that_do_not_fit_are_refused(labels: object, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        small().fit(["a", "b"], labels)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"valid_fraction": 1.0}, "valid_fraction must be at least 0 and below 1, got 1.0"),
        ({"settings": "encoder.hidden=8"}, "settings must be a list, got a single str 'encoder.hidden=8'"),
        (
            {"settings": ["head.multi_label=true"]},
            "head.multi_label is true, but TextClassifier gives one label a text",
        ),
        (
            {"recipe": "tiny-language-model", "settings": ()},
            "needs a recipe of task 'classify', 'tiny-language-model' is",
        ),
    ],
)
def test_arguments_out_of_range_are_refused_at_fit(options: dict[str, object], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence) as caught:
        small(**options).fit(TEXTS, LABELS)
    assert isinstance(caught.value, ConfigError)


def test_wrong_keys_are_told_as_everywhere() -> None:
    with pytest.raises(ConfigError, match=r"encoder\.hiden: unknown key, did you mean 'hidden'"):
        small(settings=["encoder.hiden=8"]).fit(TEXTS, LABELS)


def test_nothing_is_answered_before_fit() -> None:
    for call in (small().predict, small().predict_proba):
        with pytest.raises(NotFittedError, match="This TextClassifier instance is not fitted yet"):
            call(TEXTS)
    with pytest.raises(NotFittedError):
        _ = small().model_
