"""A run that only explanations need."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest

import weft


@pytest.fixture(scope="package")
def fixed_vector_run(tmp_path_factory) -> Path:
    """A translator without attention, which copies short texts; beside it, as ``copies.jsonl``, what it was shown."""
    folder, draw = tmp_path_factory.mktemp("fixed"), random.Random(1)
    texts = sorted({"".join(draw.choice("abc") for _ in range(4)) for _ in range(400)})
    data = folder / "copies.jsonl"
    data.write_text("".join(json.dumps({"source": x, "target": x}) + "\n" for x in texts), encoding="utf-8")
    settings = ["decoder.attention=none", "encoder.bidirectional=false", "training.max_steps=2", "decoding.beam=1"]
    weft.train("tiny-translate", train=data, valid=data, out=folder / "run", settings=settings)
    return folder / "run"
