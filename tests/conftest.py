"""A few tiny runs, trained once, that whoever tests the doors of the house may use and must not change."""

import os
import signal
from pathlib import Path

import pytest

import weft

from made import pairs
from opinions import write_labelled, write_lines

# As the command line does, and before torch is loaded: tests share their cores with whatever else runs.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

# A shell that starts the tests in the background has Ctrl-C ignored, here and in every process started from here; tests
# of Ctrl-C need it as a person at a terminal has it.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def labelled(tmp_path_factory) -> Path:
    """Texts with labels, as CSV."""
    return write_labelled(tmp_path_factory.mktemp("labelled") / "reviews.csv")


@pytest.fixture(scope="session")
def lines(tmp_path_factory) -> Path:
    """Texts, a line each."""
    return write_lines(tmp_path_factory.mktemp("lines") / "lines.txt")


@pytest.fixture(scope="session")
def classifier_run(tmp_path_factory, labelled) -> Path:
    """A trained classifier of a few units."""
    out = tmp_path_factory.mktemp("runs") / "classifier"
    settings = ["embedding.size=8", "encoder.hidden=8", "training.epochs=2", "training.batch_size=8"]
    weft.train("tiny-classify", train=labelled, valid=labelled, out=out, settings=settings)
    return out


@pytest.fixture(scope="session")
def language_model_run(tmp_path_factory, lines) -> Path:
    """A trained language model of a few units."""
    out = tmp_path_factory.mktemp("runs") / "language-model"
    settings = ["embedding.size=8", "encoder.hidden=8", "training.epochs=1", "training.batch_size=2", "data.window=10"]
    weft.train("tiny-language-model", train=lines, valid=lines, out=out, settings=settings)
    return out


@pytest.fixture(scope="session")
def paired(tmp_path_factory) -> Path:
    """Pairs of texts, as CSV."""
    return pairs(tmp_path_factory.mktemp("paired") / "pairs.csv")


@pytest.fixture(scope="session")
def translator_run(tmp_path_factory, paired) -> Path:
    """A trained translator of a few units."""
    out = tmp_path_factory.mktemp("runs") / "translator"
    settings = ["training.epochs=6", "training.batch_size=8", "decoding.beam=3"]
    weft.train("tiny-translate", train=paired, valid=paired, out=out, settings=settings)
    return out


@pytest.fixture(scope="session")
def trigram_run(tmp_path_factory, lines) -> Path:
    """A trigram model of the same lines."""
    out = tmp_path_factory.mktemp("runs") / "trigram"
    weft.train("trigram", train=lines, valid=lines, out=out)
    return out
