"""A sound network passes in every way, whatever its cell, pooling and directions."""

import pytest
import torch

from weft.types import WAYS_OF_RUNNING
from weft.verify import certify, text_rows

CLASSIFIERS = [
    ("encoder.bidirectional=true", "head.pool=max", "encoder.layers=2"),
    ("encoder.bidirectional=true", "head.pool=last", "encoder.cell=gru"),
    ("head.pool=mean", "encoder.cell=lstm", "encoder.layers=2"),
    ("head.pool=max", "encoder.cell=mingru"),
    ("head.pool=last", "encoder.cell=mlstm", "head.multi_label=true"),
]
BLOCKS = ("encoder.layers=2", "encoder.residual=true", "encoder.norm=rms", "encoder.feedforward=8")
LANGUAGE_MODELS = [
    ("encoder.cell=lstm", "encoder.layers=2"),
    ("encoder.cell=minlstm", "embedding.kind=one-hot"),
    ("encoder.cell=mingru", *BLOCKS, "output.kind=adaptive"),
]
CASES = [("classify", case) for case in CLASSIFIERS] + [("language-model", case) for case in LANGUAGE_MODELS]


@pytest.mark.parametrize(
    ("task", "settings"), CASES, ids=lambda part: "-".join(part) if isinstance(part, tuple) else part
)
def test_a_sound_network_passes(trained, verdicts, task, settings):
    certificate = verdicts(trained(task, *settings))
    assert certificate.passed, [(line.way, line.reason) for line in certificate.lines if line.failed]
    assert certificate.faults == ()
    ran = {line.way.split(" ")[0] for line in certificate.ran}
    skipped = {"cuda"} if not torch.cuda.is_available() else set()
    if "encoder.bidirectional=true" in settings:
        skipped |= {"streamed", "stepped", "split"}
    if not any(f"encoder.cell={cell}" in each for each in settings for cell in ("lstm", "gru", "elman")):
        skipped |= {"stepped"}  # a cell that the core's decoder does not have
    assert ran == set(WAYS_OF_RUNNING) - skipped
    assert ("kernel scan" in {line.way for line in certificate.ran}) == any("cell=min" in each for each in settings)
    assert all(line.reason for line in certificate.lines if line.verdict == "not applicable")


def test_the_bounds_are_of_the_class(trained, verdicts):
    lines = verdicts(trained("language-model")).lines
    bounds = {line.arithmetic: line.tolerance for line in lines}
    assert bounds == {"same arithmetic": 0.0, "reordered": 1e-5, "other precision": 1e-4, "8-bit weights": 0.25}
    assert all(line.largest == 0.0 for line in lines if line.arithmetic == "same arithmetic")
    assert max(line.largest for line in lines if line.largest is not None) > 0.0


def test_every_decision_is_compared(trained, verdicts):
    model = trained("language-model")
    rows = text_rows(model, ["so it goes", "the cat", "x"])
    lines = certify(model, rows).ran
    assert {line.decisions for line in lines} == {sum(len(text) + 1 for text in ("so it goes", "the cat", "x"))}
    several = trained("classify", "head.multi_label=true", "head.pool=last", "encoder.cell=mlstm")
    assert {line.decisions for line in verdicts(several).ran} == {40 * len(several.classes)}


def test_the_same_seed_gives_the_same_certificate_and_leaves_no_trace(trained, verdicts):
    model = trained("classify", "head.pool=mean", "encoder.cell=lstm", "encoder.layers=2")
    threads, stream = torch.get_num_threads(), torch.get_rng_state()
    one, two = ([{**line, "seconds": 0.0} for line in verdicts(model).to_json()["ways"]] for _ in range(2))
    assert one == two
    assert torch.get_num_threads() == threads
    assert torch.equal(torch.get_rng_state(), stream)
    assert model.module.encoder.kernel == "auto"


def test_a_large_vocabulary_is_taken_in_small_chunks(trained, verdicts, monkeypatch):
    model = trained("language-model")
    whole = verdicts(model)
    monkeypatch.setattr("weft.verify.certificate.NUMBERS", 1)
    seen = []
    certificate = certify(
        model, text_rows(model, ["so it goes", "the cat", "x", "a"]), progress=lambda *at: seen.append(at)
    )
    assert seen == [(2, 4), (4, 4)]
    assert certificate.passed
    assert whole.passed


def test_texts_of_one_symbol_and_of_one_length(trained, verdicts):
    for settings in CLASSIFIERS[1:3]:
        assert verdicts(trained("classify", *settings), ["fine"]).passed
        assert verdicts(trained("classify", *settings), ["fine", "dull film", "a film"]).passed
