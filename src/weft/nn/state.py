"""States as data: rows selected, joined and split, and the whole as bytes that can be kept or sent.

A state is a dict of named tensors, batch first (``weft.types.State``); what is in it, and for which model, is the
model's business: it checks what it is given.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor

from weft.errors import DataError, ShapeError
from weft.types import State


def select_rows(state: State, rows: Tensor | Sequence[int]) -> State:
    """The given rows of a state in their order; a row may be asked for more than once.

    Args:
        state: tensors [B, ...].
        rows: int64 [N], each 0 <= row < B.
    Returns:
        tensors [N, ...].
    Raises:
        ShapeError: rows are no whole numbers, or one is not there; or the state's tensors differ in their rows.
    """
    count = _rows(state)
    places = torch.as_tensor(rows, dtype=None if len(rows) else torch.int64)
    if places.dtype not in (torch.int64, torch.int32) or places.dim() != 1:
        raise ShapeError(f"rows: expected int64 [N], got {_type(places)} {list(places.shape)}")
    wrong = [row for row in places.tolist() if not 0 <= row < count]
    if wrong:
        raise ShapeError(f"rows: expected 0 to {count - 1} (the state has {count} rows), got {wrong[0]}")
    return {name: value.index_select(0, places.to(value.device)) for name, value in state.items()}


def join_rows(states: Sequence[State]) -> State:
    """One state out of several, their rows one after the other: what lets streams that came apart run as one batch.

    Raises:
        ShapeError: no state, or one has other names, widths, types or devices than the first.
    """
    if not states:
        raise ShapeError("join_rows: expected at least one state, got none")
    for number, state in enumerate(states):
        _rows(state)
        _check_alike(states[0], state, number)
    return {name: torch.cat([state[name] for state in states]) for name in states[0]}


def split_rows(state: State, sizes: Sequence[int]) -> list[State]:
    """The state cut into runs of ``sizes`` rows: what ``join_rows`` joined, apart again.

    Raises:
        ShapeError: a size below 1, or sizes that do not add up to the state's rows.
    """
    count = _rows(state)
    if any(size < 1 for size in sizes) or sum(sizes) != count:
        raise ShapeError(f"sizes: expected numbers from 1 that add up to the state's {count} rows, got {list(sizes)}")
    parts = {name: torch.split(value, list(sizes)) for name, value in state.items()}
    return [{name: parts[name][place] for name in state} for place in range(len(sizes))]


def state_to_bytes(state: State) -> bytes:
    """A state in the safetensors format: names, types, shapes and numbers, no code, no device.

    Raises:
        ShapeError: the state is empty or its tensors differ in their rows.
    """
    _rows(state)
    data: bytes = save({name: value.detach().cpu().contiguous().clone() for name, value in state.items()})
    return data


def state_from_bytes(data: bytes) -> State:
    """What ``state_to_bytes`` gave, on the CPU. Nothing in it is executed.

    Raises:
        DataError: the bytes are no saved state, or not all of one.
        ShapeError: the tensors in it differ in their rows.
    """
    try:
        state: State = load(data)
    except (SafetensorError, TypeError, ValueError) as error:
        raise DataError(
            f"state: expected the bytes of state_to_bytes, got {len(data)} of type {type(data).__name__} ({error})"
        ) from error
    _rows(state)
    return state


def _rows(state: State) -> int:
    """How many rows every tensor of the state has."""
    counts = {name: value.shape[0] if value.dim() else None for name, value in state.items()}
    if not counts:
        raise ShapeError("state: expected named tensors, got none")
    first = next(iter(counts.values()))
    if first is None or set(counts.values()) != {first}:
        listed = ", ".join(f"{name} {list(state[name].shape)}" for name in counts)
        raise ShapeError(f"state: expected tensors with the same number of rows, batch first, got {listed}")
    return first


def _check_alike(first: State, other: State, number: int) -> None:
    if other.keys() != first.keys():
        raise ShapeError(f"state {number}: expected the names {', '.join(first)}; got {', '.join(other)}")
    for name, value in first.items():
        got = other[name]
        if (got.shape[1:], got.dtype, got.device) != (value.shape[1:], value.dtype, value.device):
            raise ShapeError(
                f"state {number}, {name!r}: expected [B, {', '.join(map(str, value.shape[1:]))}] {_type(value)} on"
                f" {value.device} as the first, got {list(got.shape)} {_type(got)} on {got.device}"
            )


def _type(tensor: Tensor) -> str:
    return str(tensor.dtype).removeprefix("torch.")
