"""Faults planted into sound runs: each is caught and called by its name."""

import random
import threading

import pytest
import torch
from torch import nn

from weft import kernels
from weft.errors import RunError
from weft.kernels import core, turn_round
from weft.nn import _stack, pool
from weft.tasks.classify import model as classifier
from weft.tasks.classify.model import Classifier
from weft.tasks.language_model.model import LanguageModel
from weft.types import LookUp

BOTH = ("encoder.bidirectional=true", "head.pool=last", "encoder.cell=gru")
ONE_WAY = ("head.pool=mean", "encoder.cell=lstm", "encoder.layers=2")
LSTM = ("encoder.cell=lstm", "encoder.layers=2")


def failed(certificate):
    return {line.way for line in certificate.lines if line.failed}


def named(certificate):
    """The faults; the differences they make are no matter of rounding."""
    assert not certificate.passed
    off = [line.largest for line in certificate.lines if line.failed and line.largest]
    assert max(off, default=1.0) > 1e-3
    return "; ".join(certificate.faults)


def test_padding_that_leaks_into_the_pooling(trained, verdicts, monkeypatch):
    def careless(kind, y, lengths, *, directions):
        return pool(kind, y, torch.full_like(lengths, y.shape[1]), directions=directions)

    monkeypatch.setattr(classifier, "pool", careless)
    certificate = verdicts(trained("classify", *ONE_WAY))
    assert named(certificate) == "padding leaks into the result outside the recurrence"
    assert {"padded", "ragged", "more-padding"} <= failed(certificate)
    assert not {"alone", "company", "streamed", "kernel core", "kernel fused"} & failed(certificate)


@pytest.mark.parametrize("layers", [1, 2])
def test_a_reverse_direction_that_starts_in_the_padding(trained, verdicts, monkeypatch, layers):
    real = kernels.run

    def careless(name, cell, params, x, lengths, state, *, reverse=False):
        if not reverse:
            return real(name, cell, params, x, lengths, state)
        x = x.vectors() if isinstance(x, LookUp) else x
        y, after = real(name, cell, params, turn_round(x, None), lengths, state)
        return turn_round(y, None), after

    monkeypatch.setattr(kernels, "run", careless)
    certificate = verdicts(trained("classify", *BOTH, f"encoder.layers={layers}"))
    assert named(certificate) == "the reverse direction of 'encoder' starts in the padding"


@pytest.mark.parametrize(("task", "settings"), [("classify", ONE_WAY), ("language-model", LSTM)])
def test_padding_that_goes_into_the_state(trained, verdicts, monkeypatch, task, settings):
    """The outputs at real places are right: only who reads on from the state of a ragged batch sees it."""
    real = _stack.Stack._layers
    monkeypatch.setattr(_stack.Stack, "_layers", lambda self, x, lengths, state: real(self, x, None, state))
    certificate = verdicts(trained(task, *settings))
    assert named(certificate) == "padding goes into the state of 'encoder'"
    assert "split" in failed(certificate)
    assert "streamed" not in failed(certificate)


@pytest.mark.parametrize(("task", "settings"), [("classify", ONE_WAY), ("classify", BOTH), ("language-model", LSTM)])
def test_swapped_gates(trained, verdicts, monkeypatch, task, settings):
    real = core.run_direct

    def swapped(cell, params, x, lengths, state, *, reverse):
        def turned(weight):
            first, second, *rest = weight.chunk(len(cell.spec.gates))
            return torch.cat([second, first, *rest])

        swapped = {name: turned(weight) for name, weight in params.items()}
        return real(cell, swapped, x, lengths, state, reverse=reverse)

    monkeypatch.setattr(core, "run_direct", swapped)
    certificate = verdicts(trained(task, *settings))
    cell = "gru" if settings == BOTH else "lstm"
    assert (
        named(certificate)
        == f"kernel 'core' and the loop compute two recurrences for {cell!r} in 'encoder' (swapped gates?)"
    )
    assert {"kernel core", "alone"} <= failed(certificate)
    assert "kernel loop" not in failed(certificate)


def test_a_kernel_that_lets_padding_in(trained, verdicts, monkeypatch):
    real = core.run_direct

    def careless(cell, params, x, lengths, state, *, reverse):
        return real(cell, params, x, None, state, reverse=reverse)

    monkeypatch.setattr(core, "run_direct", careless)
    certificate = verdicts(trained("classify", *ONE_WAY))
    assert named(certificate) == "kernel 'core' lets padding into the recurrence"
    assert failed(certificate) == {"kernel core", "split"}


@pytest.mark.parametrize(("task", "settings", "network"), [
    ("classify", ONE_WAY, Classifier), ("language-model", LSTM, LanguageModel),
])  # fmt: skip
@pytest.mark.parametrize("by_size", [True, False])
def test_a_state_kept_between_calls(trained, verdicts, monkeypatch, task, settings, network, by_size, texts):
    kept, real = {}, network.read

    def read(self, ids, lengths, state=None):
        key = len(ids) if by_size else 0
        y, after = real(self, ids, lengths, kept.get(key) if state is None else state)
        kept[key] = after
        return y, after

    monkeypatch.setattr(network, "read", read)
    certificate = verdicts(trained(task, *settings), [*texts, *texts])
    assert named(certificate).startswith("a state is kept between calls")
    assert "repeated" in failed(certificate)


@pytest.mark.parametrize("task", ["classify", "language-model"])
def test_dropout_left_on(trained, verdicts, task):
    model = trained(task)
    model.module.dropout = nn.Dropout(0.3).train()
    certificate = verdicts(model)
    assert named(certificate).startswith("randomness is left on (dropout?)")
    assert "repeated" not in failed(certificate)


class OfTheBatch(nn.Module):
    def forward(self, features):
        return (features - features.mean(0)) / (features.std(0, correction=0) + 1e-5)


@pytest.mark.parametrize("settings", [ONE_WAY, BOTH])
def test_a_batch_dependent_normalization(trained, verdicts, settings):
    model = trained("classify", *settings)
    model.module.dropout = OfTheBatch()
    certificate = verdicts(model)
    assert named(certificate).startswith("a text's answer depends on the texts beside it (a batch-dependent")


def test_something_that_is_not_saved(trained, verdicts):
    model = trained("classify", *BOTH)
    model.module.output.register_forward_hook(lambda module, inputs, output: 2.0 * output)
    certificate = verdicts(model)
    assert failed(certificate) == {"saved"}
    assert named(certificate) == "saved: something that decides the answer is not saved"


def test_calls_that_disturb_each_other(trained, verdicts, monkeypatch):
    shared, real = {}, LanguageModel.read
    barrier = threading.Barrier(2)

    def read(self, ids, lengths, state=None):
        shared["ids"] = ids
        if threading.current_thread() is not threading.main_thread():
            barrier.wait(timeout=5)
        return real(self, shared["ids"], lengths, state)

    monkeypatch.setattr(LanguageModel, "read", read)
    draw = random.Random(1)
    certificate = verdicts(trained("language-model"), ["".join(draw.choices("catdogrn", k=12)) for _ in range(32)])
    assert failed(certificate) == {"python-threads"}
    assert named(certificate).startswith("python-threads: calls at the same time disturb each other")


def test_weights_that_are_no_numbers(trained, verdicts):
    model = trained("classify", *BOTH)
    with torch.no_grad():
        model.module.output.bias[0] = torch.nan
    certificate = verdicts(model)
    assert named(certificate) == "the reference itself says NaN for 8 of 8 texts: look at the weights"
    assert all("log p are not numbers" in line.reason for line in certificate.lines if line.failed)
    assert {"padded", "float64", "repeated"} <= failed(certificate)


def test_a_network_that_diverged_is_told(trained, verdicts):
    model = trained("classify", *BOTH)
    with torch.no_grad():
        model.module.embedding.weight.fill_(torch.nan)
    with pytest.raises(RunError, match=r"the network cannot answer a text by itself: .*nan"):
        verdicts(model)


def test_a_network_that_takes_no_batch(trained, verdicts, monkeypatch):
    real = LanguageModel.read

    def read(self, ids, lengths, state=None):
        if len(ids) > 1:
            raise ValueError(f"one text at a time, got {len(ids)}")
        return real(self, ids, lengths, state)

    monkeypatch.setattr(LanguageModel, "read", read)
    certificate = verdicts(trained("language-model"))
    assert {"alone", "repeated"} == {line.way for line in certificate.ran} - {"float64", "stepped float32"}
    fault, *_ = certificate.faults
    assert fault.startswith("padded, more-padding, ragged, ")
    assert ": ended in an error: ValueError: one text at a time, got " in fault
