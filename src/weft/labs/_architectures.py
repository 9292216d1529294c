"""Small translators of four families at about as many parameters, each with the step size that small trials chose."""

from __future__ import annotations

from typing import Any

EMBEDDING = 32
BATCH = 32
CLIP = 1.0


def recurrent(attention: bool, *, hidden: int, lr: float, steps: int) -> dict[str, Any]:
    """A bidirectional GRU that reads and a GRU that writes, as ``bahdanau2015``.

    Without attention the fixed vector, both directions' last states, is the first state and part of every step's input
    and readout, as in ``cho2014``.
    """
    looks = {"attention": "additive", "query": "previous", "attention_width": hidden}
    decoder = {"cell": "gru", "hidden": hidden, "readout_kind": "maxout", "readout": EMBEDDING, "readout_input": True}
    return {
        **_shared(lr, steps),
        "encoder": {"cell": "gru", "hidden": hidden, "bidirectional": True},
        "decoder": decoder | (looks if attention else {"attention": "none", "summary": True}),
    }


def convolutional(*, hidden: int, layers: int, lr: float, steps: int) -> dict[str, Any]:
    """Gated convolutions with attention in every block, as ``gehring2017``."""
    return {
        **_shared(lr, steps),
        "architecture": "convolutional",
        "convolution": {"hidden": hidden, "layers": layers, "kernel": 3, "dropout": 0.0},
    }


def attention_only(*, hidden: int, layers: int, lr: float, steps: int) -> dict[str, Any]:
    """Attention alone, as ``vaswani2017``."""
    section = {"hidden": hidden, "layers": layers, "heads": 4, "feedforward": 2 * hidden, "dropout": 0.0}
    return {
        **_shared(lr, steps),
        "architecture": "self-attention",
        "self_attention": section,
        # As wide as a layer and tied, and so small at first: otherwise vectors drown the places that are added to them.
        "embedding": {"size": hidden},
        "output": {"tied": True},
    }


def _shared(lr: float, steps: int) -> dict[str, Any]:
    return {
        "task": "translate",
        "data": {"tokenizer": "char", "shared": True},
        "embedding": {"size": EMBEDDING},
        "decoding": {"beam": 1},
        "training": {
            "optimizer": "adam",
            "lr": lr,
            "schedule": "cosine",
            "warmup_steps": max(1, steps // 10),
            "clip_norm": CLIP,
            "batch_size": BATCH,
            "epochs": 1000,
            "max_steps": steps,
            "validate_every": max(1, steps // 3),
            "device": "cpu",
            "threads": 1,
        },
    }
