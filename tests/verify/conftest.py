"""Small trained runs of several shapes, and their texts."""

import random

import pytest

import weft
from weft.verify import certify, text_rows

from made import reviews, verse

SIZES = ["embedding.size=6", "encoder.hidden=6", "training.threads=1", "training.max_steps=8", "training.lr=0.05"]
DRAW = random.Random(7)
WORDS = ("the", "film", "a", "dog", "ran", "cat", "sat", "so", "it", "goes", "fine", "dull", "warm", "cold", "bright")
TEXTS = [" ".join(DRAW.choices(WORDS, k=DRAW.randint(1, 14))) for _ in range(40)]
"""From one word to fourteen, so that there is much padding beside little."""


@pytest.fixture(scope="session")
def trained(tmp_path_factory):
    """``trained("classify", "encoder.cell=lstm") -> Model`` in a run folder; trained once for each choice."""
    folder = tmp_path_factory.mktemp("verified")
    files = {"classify": reviews(folder / "reviews.csv"), "language-model": verse(folder / "verse.txt")}

    def train(task: str, *settings: str) -> weft.Model:
        out = folder / "_".join([task, *settings]).replace(" ", "")
        if not out.exists():
            weft.train({"task": task}, train=files[task], out=out, settings=[*SIZES, *settings], seed=1)
        return weft.load(out, device="cpu")

    return train


@pytest.fixture
def texts():
    """The texts above."""
    return TEXTS


@pytest.fixture
def verdicts():
    """``verdicts(model) -> Certificate`` on the texts above."""

    def run(model: weft.Model, texts: list[str] = TEXTS):
        return certify(model, text_rows(model, texts))

    return run
