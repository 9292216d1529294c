"""Tensors to disk and back; everything that can be wrong with such a file."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from weft.bundle import (
    copy_tensors,
    load_module,
    module_tensors,
    read_metadata,
    read_tensors,
    write_bytes,
    write_tensors,
)
from weft.errors import RunError


class Tied(nn.Module):
    """An output matrix that is the embedding's, and a buffer."""

    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(5, 3)
        self.output = nn.Linear(3, 5, bias=False)
        self.output.weight = self.embedding.weight
        self.register_buffer("temperature", torch.ones(()))
        self.register_buffer("scratch", torch.ones(2), persistent=False)


def test_round_trip_of_every_kind_of_tensor(tmp_path):
    tensors = {
        "a": torch.randn(3, 4).t(),
        "b": torch.tensor(1.5, dtype=torch.bfloat16),
        "c": torch.arange(5, dtype=torch.uint8),
        "d": torch.zeros(0, 3),
    }
    write_tensors(tmp_path / "t", tensors, {"step": 3, "list": [1.1, None]})
    back = read_tensors(tmp_path / "t")
    assert back.keys() == tensors.keys()
    for name, tensor in tensors.items():
        assert torch.equal(tensor, back[name])
        assert tensor.dtype == back[name].dtype
    assert read_metadata(tmp_path / "t") == {"step": 3, "list": [1.1, None]}


def test_equal_tensors_are_equal_bytes(tmp_path):
    for name in "xy":
        write_tensors(tmp_path / name, {"b": torch.ones(2), "a": torch.zeros(3)}, {"m": 1, "k": 2, "z": 3})
    assert (tmp_path / "x").read_bytes() == (tmp_path / "y").read_bytes()


def test_tied_weights_are_written_once_and_stay_tied(tmp_path):
    module, other = Tied(), Tied()
    assert set(module_tensors(module)) == {"embedding.weight", "temperature"}
    module.temperature.fill_(2.0)
    write_tensors(tmp_path / "t", module_tensors(module))
    load_module(other, tmp_path / "t")
    assert torch.equal(other.output.weight, module.embedding.weight)
    assert other.output.weight is other.embedding.weight
    assert other.temperature == 2.0


def test_weights_that_do_not_fit_are_named_and_nothing_is_touched():
    module = nn.Linear(3, 2)
    before = module.weight.detach().clone()
    wrong = {"weight": torch.zeros(2, 4), "extra": torch.zeros(1)}
    with pytest.raises(
        RunError,
        match=r"^here: the weights do not fit the run's recipe: bias is missing; extra does not belong there; "
        r"weight is 2x4, the recipe needs 2x3$",
    ):
        copy_tensors(module, wrong, "here")
    with pytest.raises(RunError, match=r"bias is torch.float64, the recipe needs torch.float32$"):
        copy_tensors(module, {"weight": torch.zeros(2, 3), "bias": torch.zeros(2, dtype=torch.float64)}, "here")
    assert torch.equal(module.weight, before)


def test_a_long_list_of_misfits_is_cut():
    module = nn.Sequential(*(nn.Linear(1, 1) for _ in range(4)))
    with pytest.raises(RunError, match=r"0.bias is missing; .* 2.bias is missing; and 3 more$"):
        copy_tensors(module, {}, "here")


def test_a_missing_file(tmp_path):
    with pytest.raises(RunError, match=r"model.safetensors: no such file") as caught:
        read_tensors(tmp_path / "model.safetensors")
    assert "--resume" in caught.value.hint
    with pytest.raises(RunError, match=r"no such file"):
        read_metadata(tmp_path / "model.safetensors")


@pytest.mark.parametrize("keep", [0, 7, 60, -1])
def test_a_file_cut_short(tmp_path, keep):
    path = tmp_path / "model.safetensors"
    write_tensors(path, {"a": torch.randn(10)}, {"step": 1})
    write_bytes(path, path.read_bytes()[:keep])
    for read in (read_tensors, read_metadata):
        with pytest.raises(RunError, match=r"damaged or not a safetensors file \(\d+ bytes\): ") as caught:
            read(path)
        assert "restore the file from a copy" in caught.value.hint


def test_a_foreign_file(tmp_path):
    (tmp_path / "t").write_text("hello, I am a text of some length, and no tensors")
    with pytest.raises(RunError, match=r"damaged or not a safetensors file"):
        read_tensors(tmp_path / "t")


def test_metadata_that_is_not_ours(tmp_path):
    from safetensors.torch import save_file

    save_file({"a": torch.zeros(1)}, tmp_path / "t", {"weft": "[1]"})
    with pytest.raises(RunError, match=r"metadata holds list, not named values"):
        read_metadata(tmp_path / "t")
    save_file({"a": torch.zeros(1)}, tmp_path / "t")
    assert read_metadata(tmp_path / "t") == {}
