"""One experiment: a cell, a task and a distance; gradients at first, after training, and after clipped training.

An experiment is a pure function of its ``Settings`` and three names, on one thread: the same bits every time.
"""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

import torch
from torch.nn import functional

from weft.kernels import choose
from weft.labs.gradients import variants
from weft.labs.gradients.norms import input_norms, state_norms
from weft.labs.gradients.tasks import TASKS, Task
from weft.types import Cell, Params

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True)
class Settings:
    """What all experiments of a run of the lab share.

    Attributes:
        seed: of everything that is drawn.
        distances: from what must be remembered to the last step.
        updates: most updates of a training; it ends sooner when the running error falls below ``enough``.
        hidden: units of every cell.
        batch: sequences an update; each is drawn anew.
        lr: Adam's step size.
        clip_norm: to what the gradient's norm is cut in the clipped training.
        enough: running training error (exponential mean, weight 0.05) at which training ends.
        solved: test error below which a task counts as solved.
        test_rows, norm_rows: sequences that the test error and the gradients' norms are measured on.
        lost_in_a_row: updates lost one after the other, their gradient not finite, after which training is given up.
    """

    seed: int = 1
    distances: tuple[int, ...] = (10, 30, 100)
    updates: int = 1500
    hidden: int = 32
    batch: int = 32
    lr: float = 0.01
    clip_norm: float = 1.0
    enough: float = 0.05
    solved: float = 0.1
    test_rows: int = 1000
    norm_rows: int = 64
    lost_in_a_row: int = 20

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {each.name: getattr(self, each.name) for each in fields(self)} | {"distances": list(self.distances)}


@dataclass(frozen=True)
class Network:
    """A cell, its parameters, and the linear map from h_T to the answer."""

    cell: Cell
    params: Params
    weight: Tensor
    bias: Tensor

    def read(self, h: Tensor) -> Tensor:
        """h_T [B, H] -> answers [B, outputs]."""
        return functional.linear(h, self.weight, self.bias)

    def answer(self, x: Tensor) -> Tensor:
        """x [B, T, D] -> answers [B, outputs], by the fastest kernel."""
        start = {name: x.new_zeros(len(x), size) for name, size in self.cell.spec.states.items()}
        y, _ = choose("auto", self.cell, x)[1].run(self.cell, self.params, x, None, start)
        return self.read(y[:, -1])

    def tensors(self) -> list[Tensor]:
        """Everything that is trained."""
        return [*self.params.values(), self.weight, self.bias]

    def copied(self, dtype: torch.dtype = torch.float32) -> Network:
        """The same network in tensors of its own."""
        fresh = [value.detach().to(dtype, copy=True).requires_grad_() for value in self.tensors()]
        return Network(self.cell, dict(zip(self.params, fresh, strict=False)), *fresh[-2:])


def measure(task: str, cell: str, distance: int, settings: Settings) -> dict[str, Any]:
    """Run one experiment; plain values for one line of results."""
    wanted = TASKS[task]
    made = variants.make(cell, wanted.inputs, settings.hidden)
    fresh = _network(made, wanted.outputs, _stream(settings, task, cell, distance))
    probing = (wanted, distance, settings, _seed(settings, task, distance, "probes"))
    plain = fresh.copied()
    result = _train(plain, wanted, distance, settings, _stream(settings, task, distance), math.inf)
    plain_result = result | _norms(plain, *probing)
    # A gradient below the limit is not cut: had none reached it, the other training would repeat this one bit for bit.
    clipped_result = plain_result
    if not result["largest_norm"] < (1 - 1e-5) * settings.clip_norm:
        clipped = fresh.copied()
        result = _train(clipped, wanted, distance, settings, _stream(settings, task, distance), settings.clip_norm)
        clipped_result = result | _norms(clipped, *probing)
    return {
        "task": task,
        "cell": cell,
        "distance": distance,
        "at": _kept(distance),
        "initial": _norms(fresh, *probing),
        "plain": plain_result,
        "clipped": clipped_result,
    }


def _network(cell: Cell, outputs: int, generator: torch.Generator) -> Network:
    """As the cell's ``init`` leaves it; the answer's weights are uniform on ±1/sqrt(H), its bias is 0."""
    params = {name: torch.empty(shape) for name, shape in cell.spec.params.items()}
    cell.init(params, generator)
    size = cell.spec.output_size
    weight = torch.empty(outputs, size).uniform_(-(size**-0.5), size**-0.5, generator=generator)
    return Network(cell, params, weight, torch.zeros(outputs))


def _train(
    network: Network, task: Task, distance: int, settings: Settings, generator: torch.Generator, clip: float
) -> dict[str, Any]:
    """Train in place; updates made, test error, largest norm of a gradient, updates lost."""
    optimizer = torch.optim.Adam(network.tensors(), lr=settings.lr)
    test_x, test_targets = task.draw(settings.test_rows, distance, generator)
    running, largest, lost, row, update = 1.0, 0.0, 0, 0, 0
    while update < settings.updates and running >= settings.enough and row < settings.lost_in_a_row:
        update += 1
        x, targets = task.draw(settings.batch, distance, generator)
        loss = task.loss(network.answer(x), targets).mean()
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        norm = float(torch.nn.utils.clip_grad_norm_(network.tensors(), clip))
        row = 0 if math.isfinite(norm) else row + 1
        if row:
            lost += 1
            continue
        optimizer.step()
        largest = max(largest, norm)
        running += 0.05 * (float(loss.detach()) / task.blind - running)
    with torch.no_grad():
        error = float(task.loss(network.answer(test_x), test_targets).mean()) / task.blind
    return {"updates": update, "error": error, "largest_norm": largest, "lost": lost}


def _norms(network: Network, task: Task, distance: int, settings: Settings, seed: int) -> dict[str, list[float]]:
    """Both kinds of norms in float64 at the distances of ``_kept``, four digits each; the same sequences every time."""
    generator = torch.Generator().manual_seed(seed)
    wide = network.copied(torch.float64)
    x, targets = task.draw(settings.norm_rows, distance, generator)
    x = x.double()
    targets = targets.double() if targets.is_floating_point() else targets
    state = state_norms(wide.cell, wide.params, x, generator)
    inputs = input_norms(wide.cell, wide.params, x, lambda h: task.loss(wide.read(h), targets))
    at = _kept(distance)
    return {"state": [_short(state[d - 1]) for d in at], "input": [_short(inputs[d]) for d in at]}


def _kept(distance: int) -> list[int]:
    """At most 101 distances from 1 to ``distance``, both among them."""
    step = max(1, distance // 100)
    return sorted({1, *range(step, distance + 1, step), distance})


def _short(value: float) -> float:
    return float(f"{value:.4g}")


def _stream(settings: Settings, *names: object) -> torch.Generator:
    return torch.Generator().manual_seed(_seed(settings, *names))


def _seed(settings: Settings, *names: object) -> int:
    """A number for a generator of its own: what one cell draws does not depend on which others are measured."""
    text = "/".join(str(each) for each in (settings.seed, *names))
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big") >> 1
