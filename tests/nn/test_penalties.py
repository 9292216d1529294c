"""Penalties on outputs: the means of the paper's sums, and nothing of what stands at padding."""

import pytest
import torch

from weft.nn.penalties import change_penalty, size_penalty

from recurrences import random_input

LENGTHS = torch.tensor([4, 1, 3])


def garbled(outputs):
    real = torch.arange(4) < LENGTHS.unsqueeze(1)
    return outputs.masked_fill(~real.unsqueeze(-1), torch.nan)


def test_size_is_the_mean_square_of_what_is_real():
    outputs = random_input(3, 4, 5)
    rows = [outputs[row, :length] for row, length in enumerate(LENGTHS.tolist())]
    assert size_penalty(garbled(outputs), LENGTHS).item() == pytest.approx(torch.cat(rows).square().mean().item())
    assert size_penalty(outputs, torch.full((3,), 4)).item() == pytest.approx(outputs.square().mean().item())


def test_change_is_the_mean_square_of_steps_between_real_outputs():
    outputs = random_input(3, 4, 5)
    rows = [outputs[row, 1:length] - outputs[row, : length - 1] for row, length in enumerate(LENGTHS.tolist())]
    assert change_penalty(garbled(outputs), LENGTHS).item() == pytest.approx(torch.cat(rows).square().mean().item())
    assert change_penalty(outputs[:, :1], torch.ones(3, dtype=torch.int64)).item() == 0.0


def test_gradients_pass():
    outputs = random_input(3, 4, 5).requires_grad_()
    (size_penalty(outputs, LENGTHS) + change_penalty(outputs, LENGTHS)).backward()
    assert outputs.grad[0].all()
    assert not outputs.grad[1, 1:].any()
