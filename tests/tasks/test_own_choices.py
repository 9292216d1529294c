"""Scheduled sampling: which steps are fed the model's own choice, and that a resumed training draws the same."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest
import torch

from weft.bundle import WEIGHTS, read_tensors
from weft.config import read, resolve
from weft.errors import ConfigError
from weft.nn.attentive import AttentiveDecoder
from weft.tasks.translate.config import Config
from weft.tasks.translate.model import Translator
from weft.tasks.translate.own_choices import OwnChoices
from weft.training import Listener, curves, train
from weft.types import Files

SETTINGS = [
    "embedding.size=6",
    "encoder.hidden=6",
    "decoder.hidden=6",
    "decoder.readout=6",
    "decoding.beam=1",
    "training.epochs=2",
    "training.batch_size=8",
    "training.threads=1",
]


class InterruptAt(Listener):
    def __init__(self, step: int) -> None:
        self.step = step

    def on_step(self, event) -> None:
        if event.step == self.step:
            os.kill(os.getpid(), signal.SIGINT)


def test_the_share_grows_in_a_line_and_the_first_step_is_never_the_models() -> None:
    torch.manual_seed(1)
    own = OwnChoices(0.5, 4)
    known, choices = torch.zeros(200, 30, dtype=torch.int64), torch.arange(1, 31).expand(200, -1)
    shares = []
    for _ in range(7):
        fed = own(known, choices)
        assert not fed[:, 0].any()
        assert ((fed == 0) | (fed == torch.arange(30))).all(), "the choice after the step before, or the known symbol"
        shares.append(float((fed[:, 1:] > 0).float().mean()))
    assert shares[0] == 0
    assert shares == pytest.approx([0, 0.125, 0.25, 0.375, 0.5, 0.5, 0.5], abs=0.02)
    assert own.updates == 7


def network(*settings: str) -> Translator:
    torch.manual_seed(3)
    config = resolve(read("tiny-translate"), [*SETTINGS, "decoder.sampled=1.0", "decoder.sampled_after=1", *settings])
    assert isinstance(config, Config)
    return Translator(config, sources=9, targets=8, end_id=1)


@pytest.mark.parametrize("kind", [(), ("decoder.query=current", "decoder.feeding=true"), ("decoder.attention=none",)])
def test_the_second_pass_is_fed_what_the_first_chose(kind: tuple[str, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    module = network(*kind)
    module.sampling.updates += 5
    fed = []
    embed = module.target_embedding.forward
    monkeypatch.setattr(module.target_embedding, "forward", lambda ids: fed.append(ids) or embed(ids))
    targets = torch.tensor([[3, 4, 5, 1], [6, 2, 1, -1]])
    encoded = module.encode(torch.tensor([[2, 3, 1], [4, 1, 0]]), torch.tensor([3, 2]))
    said, _ = module.written(encoded, targets)
    assert fed[0].tolist()[0] == [1, 3, 4, 5]
    module.eval()
    first = module.scores(module.written(encoded, targets)[0].readouts).argmax(dim=-1)
    assert (fed[1][:, 1:] == first[:, :-1]).all()
    assert (fed[1][:, 0] == 1).all()
    assert len(fed) == 3, "without training there is one pass, fed the known symbols"
    assert said.readouts.requires_grad
    assert isinstance(module.decoder, AttentiveDecoder)


def test_interrupted_and_resumed_it_ends_with_the_same_bits(
    paired: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(curves, "draw", lambda path, lines, title: path.write_bytes(b""))
    sampled = ["decoder.sampled=0.6", "decoder.sampled_after=6", "output.dropout=0.2"]
    config = resolve(read("tiny-translate"), [*SETTINGS, *sampled])
    few = tmp_path / "few.csv"
    few.write_text("".join(paired.read_text(encoding="utf-8").splitlines(keepends=True)[:4]), encoding="utf-8")
    files = Files((paired,), (few,))
    train(config, files, tmp_path / "once")
    for step in (3, 10):
        train(config, files, tmp_path / "often", resume=True, listener=InterruptAt(step))
    train(config, files, tmp_path / "often", resume=True)
    assert (tmp_path / "often" / WEIGHTS).read_bytes() == (tmp_path / "once" / WEIGHTS).read_bytes()
    assert int(read_tensors(tmp_path / "once" / WEIGHTS)["sampling.updates"]) > 6


def test_it_is_of_recurrent_decoders() -> None:
    with pytest.raises(ConfigError, match="is of recurrent decoders, architecture is 'self-attention'"):
        resolve(read("vaswani2017"), ["decoder.sampled=0.2"])
