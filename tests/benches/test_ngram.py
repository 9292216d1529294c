"""The benchmark of n-gram models, on a small text; and the words it draws."""

import gzip
import pickle
from dataclasses import replace

import numpy as np
import pytest

from weft.benches import _trigram_text, ngram
from weft.benches._contract import BenchOptions
from weft.benches._rounds import Patience
from weft.benches._trigram_text import TrigramText
from weft.ngram import estimate, read_arpa

TEXT = "the cat sat on the mat\nthe dog , é , sat on the cat\n\na dog sat on a mat\n" * 5


class Inline:
    """A pool that runs what it is given here, as if it had been sent to another process."""

    def __init__(self, *arguments, **options):
        pass

    __enter__ = lambda self: self  # noqa: E731
    __exit__ = lambda self, *problem: None  # noqa: E731

    def submit(self, function, *arguments):
        sent = pickle.loads(pickle.dumps(arguments))
        return type("Done", (), {"result": staticmethod(lambda: function(*sent))})


class Other:
    """Scores as kenlm's model does, with ours."""

    def __init__(self, path):
        self.words, self.model = read_arpa(path)

    def full_scores(self, line):
        ids = [self.words.index(word) if word in self.words else 0 for word in [*line.split(), "</s>"]]
        return [(score, 1, False) for score in self.model.logp(np.array(ids)) / np.log(10)]

    def score(self, line):
        return sum(score for score, _, _ in self.full_scores(line))


@pytest.fixture
def options(tmp_path, monkeypatch):
    monkeypatch.setattr(ngram, "CASES", ((2000, 3),))
    monkeypatch.setattr(ngram, "QUERIES", 300)
    monkeypatch.setattr(ngram, "PATIENCE", Patience(rounds=1, seconds=0.0, turn=0.0))
    monkeypatch.setattr(ngram, "ProcessPoolExecutor", Inline)
    monkeypatch.setattr(_trigram_text, "LANES", 16)
    (tmp_path / "data" / "war_and_peace").mkdir(parents=True)
    (tmp_path / "data" / "war_and_peace" / "train.txt.gz").write_bytes(gzip.compress(TEXT.encode()))
    return BenchOptions(tmp_path / "data", full=False, seed=1, out=tmp_path / "out", progress=lambda line: None)


def test_without_kenlm_its_columns_are_empty(options, monkeypatch):
    monkeypatch.setattr(ngram, "find_spec", lambda name: None)
    report = ngram.run(options)
    (row,) = report.rows
    seen = dict(zip(report.columns, row, strict=True))
    assert seen["order"] == 3
    assert seen["kenlm, from text"] == seen["ours / kenlm"] == seen["of a line's"] == "-"
    assert float(seen["from text"]) > 0
    assert report.notes[-1].startswith("kenlm is not importable here")


def test_another_model_of_the_file_scores_the_same(options, monkeypatch):
    monkeypatch.setattr(ngram, "_kenlm", Other)
    report = ngram.run(replace(options, out=None))
    seen = dict(zip(report.columns, report.rows[0], strict=True))
    assert float(seen["ours / kenlm"]) > 0
    assert float(seen["largest difference of a word's log10 p"]) < 1e-12
    assert float(seen["of a line's"]) < 1e-12


def test_words_are_drawn_as_the_model_has_them(monkeypatch):
    monkeypatch.setattr(_trigram_text, "LANES", 64)
    learned = np.array([2, 3, 1, 2, 2, 3, 1, 1, 3, 2, 1, 4, 2, 1] * 4)
    model = estimate(learned, order=3, symbols=5, end_id=1, unknown_id=0)
    text = TrigramText(model)
    drawn = np.concatenate(list(text.draw(64 * 300, seed=1)))
    assert len(drawn) == 64 * 300
    np.testing.assert_array_equal(drawn, np.concatenate(list(text.draw(64 * 300, seed=1))))
    contexts = np.stack([drawn[:-2], drawn[1:-1]], axis=1)
    for context in ([2, 3], [1, 2], [3, 1]):
        following = drawn[2:][(contexts == context).all(axis=1)]
        share = np.bincount(following, minlength=5) / len(following)
        np.testing.assert_allclose(share, np.exp(model.logp_next(np.array([context])))[0], atol=0.06)
