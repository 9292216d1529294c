"""Learning curves and TensorBoard: what hangs on other packages."""

from __future__ import annotations

import sys

import pytest

from weft.errors import ConfigError
from weft.training.curves import draw
from weft.training.listeners import Stepped, TensorBoardListener
from weft.types import Score

LINES = [
    {"kind": "step", "step": 1, "loss": 2.0},
    {"kind": "step", "step": 2, "loss": None},
    {"kind": "step", "step": 3, "loss": 1.0},
    {
        "kind": "validation",
        "step": 3,
        "scores": [{"name": "m", "value": 0.5, "low": 0.4, "high": 0.6, "unit": "share"}],
    },
    {
        "kind": "validation",
        "step": 4,
        "scores": [{"name": "m", "value": None, "low": None, "high": 1, "unit": "share"}],
    },
    {"kind": "end", "step": 4},
]


@pytest.mark.parametrize("lines", [LINES, LINES[:1], []])
def test_curves_are_a_picture_whatever_the_log_holds(tmp_path, lines):
    draw(tmp_path / "curves.png", lines, title="a run")
    assert (tmp_path / "curves.png").read_bytes().startswith(b"\x89PNG")


def test_a_run_s_name_is_neither_a_formula_nor_a_warning(tmp_path):
    draw(tmp_path / "curves.png", LINES, title="评论 $x^$")
    assert (tmp_path / "curves.png").read_bytes().startswith(b"\x89PNG")


def test_tensorboard_that_is_not_installed(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", None)
    with pytest.raises(ConfigError, match=r"needs the package tensorboard, which is not installed") as caught:
        TensorBoardListener(tmp_path)
    assert caught.value.hint == "pip install tensorboard"


def test_tensorboard_gets_losses_scores_and_a_closed_file(tmp_path, monkeypatch):
    class Writer:
        def __init__(self, folder):
            self.said = [folder]

        def add_scalar(self, *said):
            self.said.append(said)

        def close(self):
            self.said.append("closed")

    module = type(sys)("torch.utils.tensorboard")
    module.SummaryWriter = Writer
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", module)
    listener = TensorBoardListener(tmp_path)
    step = dict.fromkeys(Stepped.__dataclass_fields__, 0) | {"step": 7, "running": 1.5, "lr": 0.1, "log": True}
    listener.on_step(Stepped(**step))
    listener.on_step(Stepped(**step | {"log": False}))
    said = Score("m", 0.5, "", 1, "x", 0, 1, "")
    listener.on_validation(type("V", (), {"scores": [said], "step": 7}))
    listener.on_end(None)
    assert listener._writer.said == [
        str(tmp_path),
        ("train/loss", 1.5, 7),
        ("train/lr", 0.1, 7),
        ("train/tokens_per_second", 0, 7),
        ("valid/m", 0.5, 7),
        "closed",
    ]
