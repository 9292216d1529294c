"""Optimizers by name, and their state as named tensors.

The state goes to disk as ``PARAMETER/KEY`` (``encoder.weight_ih_l0/exp_avg``), whatever the optimizer: tensors stay
tensors, single numbers and absent values become plain values. Tied parameters are one, under their first
name.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import torch

from weft.config import Training
from weft.errors import RunError

if TYPE_CHECKING:
    from torch import Tensor, nn


def make(module: nn.Module, config: Training) -> torch.optim.Optimizer:
    """The recipe's optimizer over every trained parameter; fused, which is several times faster, where torch can."""
    parameters = list(trained(module).values())
    lr, decay = config.lr, config.weight_decay
    match config.optimizer:
        case "sgd":
            return torch.optim.SGD(parameters, lr=lr, momentum=config.momentum, weight_decay=decay, fused=True)
        case "adam":
            return torch.optim.Adam(parameters, lr=lr, weight_decay=decay, fused=True)
        case "adamw":
            return torch.optim.AdamW(parameters, lr=lr, weight_decay=decay, fused=True)
        case "adadelta":
            return torch.optim.Adadelta(parameters, lr=lr, rho=config.decay_rate, weight_decay=decay)
        case "rmsprop":
            return torch.optim.RMSprop(parameters, lr=lr, alpha=config.decay_rate, weight_decay=decay)


def trained(module: nn.Module) -> dict[str, nn.Parameter]:
    """Parameters that take gradients by name, tied ones once, in the module's order."""
    return {name: parameter for name, parameter in module.named_parameters() if parameter.requires_grad}


def flatten(optimizer: torch.optim.Optimizer, module: nn.Module) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """The optimizer's memory as (tensors, plain values), both keyed ``PARAMETER/KEY``."""
    tensors: dict[str, Tensor] = {}
    values: dict[str, Any] = {}
    for name, parameter in trained(module).items():
        for key, value in optimizer.state.get(parameter, {}).items():
            place = tensors if isinstance(value, torch.Tensor) else values
            place[f"{name}/{key}"] = value
    return tensors, values


def restore(
    optimizer: torch.optim.Optimizer,
    module: nn.Module,
    tensors: Mapping[str, Tensor],
    values: Mapping[str, Any],
    where: object,
) -> None:
    """Put back what ``flatten`` gave.

    Raises:
        RunError: memory of a parameter that the module does not have, or of another size.
    """
    parameters = trained(module)
    numbers = {name: number for number, name in enumerate(parameters)}
    state: dict[int, dict[str, Any]] = {}
    for path, value in [*tensors.items(), *values.items()]:
        name, _, key = path.rpartition("/")
        if name not in parameters:
            raise RunError(f"{where}: optimizer memory for {name!r}, which the recipe's network does not have")
        if isinstance(value, torch.Tensor) and value.ndim and value.shape != parameters[name].shape:
            raise RunError(
                f"{where}: optimizer memory {path} is {tuple(value.shape)}, the recipe needs "
                f"{tuple(parameters[name].shape)}"
            )
        state.setdefault(numbers[name], {})[key] = value
    optimizer.load_state_dict({"state": state, "param_groups": optimizer.state_dict()["param_groups"]})
