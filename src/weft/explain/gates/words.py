"""Words for people: names of a cell's values and which of them are gates, and what a network said."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

GATES = {"i": "input gate", "f": "forget gate", "o": "output gate", "r": "reset gate", "z": "update gate"}
VALUES = {"g": "candidate", "n": "candidate", "c": "cell", "h": "output", "m": "product"}
EXCEPTIONS = {("mrnn", "f"): "factors"}
"""Values of one cell that share their letter with another cell's gate; they are no gates."""


def name_of(cell: str, key: str) -> str:
    """The words for a cell's value; a key that is not known here stands for itself."""
    return EXCEPTIONS.get((cell, key)) or GATES.get(key) or VALUES.get(key, key)


def is_gate(cell: str, key: str, *, low: float, high: float, state: bool) -> bool:
    """Whether a value is a gate; one whose key is not known here is when it stays within 0 and 1 and is no state."""
    if key in GATES or key in VALUES:
        return key in GATES and (cell, key) not in EXCEPTIONS
    return not state and low >= 0.0 and high <= 1.0


def said(answer: Mapping[str, Any]) -> str:
    """What the network said, as a sentence."""
    if "logp" in answer:
        each = -answer["logp"] / answer["symbols"]
        return f"log p {answer['logp']:.3f} nats, end of line included: {each:.3f} nats a symbol"
    if "translation" in answer:
        return f"wrote {answer['translation']!r}"
    if "label" in answer:
        others = [row for row in answer["alternatives"] if row["label"] != answer["label"]]
        listed = "".join(f"; {row['label']} {row['probability']:.4f}" for row in others)
        return f"label {answer['label']}, probability {answer['probability']:.4f}{listed}"
    listed = ", ".join(f"{name} {value:.4f}" for name, value in answer["probabilities"].items())
    return f"labels {', '.join(answer['labels']) or 'none'}; probabilities {listed}"
