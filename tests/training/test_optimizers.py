"""Every optimizer's memory survives the way through named tensors, bit for bit."""

from __future__ import annotations

import json
from typing import get_args

import pytest
import torch
from torch import nn

from weft.config import Training
from weft.errors import RunError
from weft.training import optimizers

NAMES = get_args(Training.model_fields["optimizer"].annotation)


def network(seed=0):
    torch.manual_seed(seed)
    return nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 1))


def update(module, optimizer, seed):
    x = torch.randn(5, 3, generator=torch.Generator().manual_seed(seed))
    optimizer.zero_grad()
    module(x).square().mean().backward()
    optimizer.step()


@pytest.mark.parametrize("momentum", [0.0, 0.9])
@pytest.mark.parametrize("name", NAMES)
def test_memory_round_trip(name, momentum):
    config = Training(optimizer=name, lr=0.1, weight_decay=0.01, momentum=momentum if name == "sgd" else 0.0)
    module = network()
    optimizer = optimizers.make(module, config)
    for seed in range(3):
        update(module, optimizer, seed)
    tensors, values = optimizers.flatten(optimizer, module)
    tensors = {path: tensor.clone() for path, tensor in tensors.items()}
    copy = network(1)
    copy.load_state_dict(module.state_dict())
    other = optimizers.make(copy, config)
    optimizers.restore(other, copy, tensors, json.loads(json.dumps(values)), "here")
    for seed in range(3, 6):
        update(module, optimizer, seed)
        update(copy, other, seed)
    for left, right in zip(module.parameters(), copy.parameters(), strict=True):
        assert torch.equal(left, right)


@pytest.mark.parametrize("name", NAMES)
def test_each_option_changes_the_update(name):
    """Weight decay, momentum and the memory's decay arrive at the optimizer."""

    def result(**options):
        module = network()
        optimizer = optimizers.make(module, Training(optimizer=name, lr=0.1, **options))
        for seed in range(3):
            update(module, optimizer, seed)
        return next(module.parameters()).detach()

    options = [{"weight_decay": 0.5}]
    options += [{"momentum": 0.9}] if name == "sgd" else []
    options += [{"decay_rate": 0.5}] if name in ("adadelta", "rmsprop") else []
    for option in options:
        assert not torch.equal(result(), result(**option)), option


def test_tied_and_frozen_parameters():
    module = nn.Sequential(nn.Linear(3, 3), nn.Linear(3, 3))
    module[1].weight = module[0].weight
    module[1].bias.requires_grad_(False)
    assert list(optimizers.trained(module)) == ["0.weight", "0.bias"]


def test_memory_of_another_network_is_refused():
    module = network()
    optimizer = optimizers.make(module, Training())
    with pytest.raises(RunError, match=r"^here: optimizer memory for '9.weight', which the recipe's network does not"):
        optimizers.restore(optimizer, module, {"9.weight/exp_avg": torch.zeros(3)}, {}, "here")
    with pytest.raises(RunError, match=r"optimizer memory 0.bias/exp_avg is \(5,\), the recipe needs \(4,\)"):
        optimizers.restore(optimizer, module, {"0.bias/exp_avg": torch.zeros(5)}, {}, "here")
