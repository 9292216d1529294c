"""JoeyNMT trained by its own command on Multi30k, with subwords of its own, as its users would."""

from __future__ import annotations

import gzip
import importlib
import json
import os
import resource
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from weft.benches._contract import BenchOptions, data_file
from weft.benches._joeynmt import network
from weft.errors import WeftError

SIDES = ("en", "de")
PARTS = {"train": ".gz", "val": "", "test2016": ""}
SUBWORDS = 6000
DROPOUT, SMOOTHING, BATCH = 0.3, 0.1, 64
EPOCHS = 9
"""As many as it needs to take as long as Weft does."""


@dataclass(frozen=True)
class Joey:
    """What it came to: folder, its subwords, and the processor minutes of its training."""

    folder: Path
    subwords: Any
    minutes: float

    @property
    def symbols(self) -> list[str]:
        """Its subwords without the special symbols, in the order of their numbers."""
        return (self.folder / "symbols.txt").read_text(encoding="utf-8").split("\n")[:-1]

    def weights(self) -> dict[str, torch.Tensor]:
        """The parameters that were best in validation."""
        kept: dict[str, torch.Tensor] = torch.load(self.folder / "run" / "best.ckpt", weights_only=True)["model_state"]
        return kept


def train(folder: Path, options: BenchOptions) -> Joey:
    """Train it in ``folder``, unless that was done.

    Raises:
        WeftError: its command failed.
    """
    done = folder / "minutes.json"
    if not done.exists():
        folder.mkdir(parents=True, exist_ok=True)
        _write_data(folder, options)
        minutes = _run(folder, options)
        done.write_text(json.dumps(minutes), encoding="utf-8")
    return Joey(folder, _subwords(folder), json.loads(done.read_text(encoding="utf-8")))


def _write_data(folder: Path, options: BenchOptions) -> None:
    for part, ending in PARTS.items():
        for side in SIDES:
            raw = data_file(options, f"multi30k/{part}.{side}{ending}").read_bytes()
            (folder / f"{part}.{side}").write_bytes(gzip.decompress(raw) if ending else raw)
    importlib.import_module("sentencepiece").SentencePieceTrainer.train(
        input=[str(folder / f"train.{side}") for side in SIDES],
        model_prefix=str(folder / "subwords"),
        vocab_size=SUBWORDS,
        model_type="bpe",
        character_coverage=1.0,
        minloglevel=2,
    )
    processor = _subwords(folder)
    pieces = [processor.id_to_piece(k) for k in range(SUBWORDS) if not processor.is_control(k)]
    symbols = [piece for piece in pieces if piece != "<unk>"]
    (folder / "symbols.txt").write_text("".join(f"{symbol}\n" for symbol in symbols), encoding="utf-8")


def _subwords(folder: Path) -> Any:
    return importlib.import_module("sentencepiece").SentencePieceProcessor(str(folder / "subwords.model"))


def _run(folder: Path, options: BenchOptions) -> float:
    """Processor minutes of the training."""
    path = folder / "config.json"
    path.write_text(json.dumps(_configuration(folder, options.seed), indent=1), encoding="utf-8")
    threads = {"OMP_NUM_THREADS": str(options.threads)} if options.threads else {}
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    options.progress(f"JoeyNMT trains {EPOCHS} epochs; its log is {folder / 'run' / 'train.log'}")
    command = [sys.executable, *_flags(), "-m", "joeynmt", "train", str(path), "--skip-test"]
    done = subprocess.run(command, env={**os.environ, **threads}, capture_output=True, check=False)
    if done.returncode:
        raise WeftError(f"JoeyNMT ended with {done.returncode}: {done.stderr.decode(errors='replace')[-300:]}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return (after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime) / 60


def _flags() -> Sequence[str]:
    return ["-S"] if sys.flags.no_site else []


def _configuration(folder: Path, seed: int) -> dict[str, Any]:
    side = {
        "level": "bpe",
        "max_length": 100,
        "tokenizer_type": "sentencepiece",
        "tokenizer_cfg": {"model_file": str(folder / "subwords.model"), "pretokenizer": "none"},
        "voc_file": str(folder / "symbols.txt"),
    }
    updates = -(-sum(1 for _ in (folder / "train.en").open(encoding="utf-8")) // BATCH)
    specials = {"unk_token": "<unk>", "pad_token": "<pad>", "bos_token": "<bos>", "eos_token": "<eos>"}
    return {
        "name": "multi30k-en-de",
        "model_dir": str(folder / "run"),
        "use_cuda": False,
        "random_seed": seed,
        "data": {
            "train": str(folder / "train"),
            "dev": str(folder / "val"),
            "test": str(folder / "test2016"),
            "dataset_type": "plain",
            "special_symbols": specials,
            **{name: {"lang": lang, **side} for name, lang in zip(("src", "trg"), SIDES, strict=True)},
        },
        "testing": {"beam_size": 1, "batch_size": BATCH, "eval_metrics": ["bleu"]},
        "training": {
            "optimizer": "adam",
            "learning_rate": 0.001,
            "scheduling": "plateau",
            "patience": 0,
            "decrease_factor": 0.5,
            "learning_rate_min": 1e-5,
            "early_stopping_metric": "bleu",
            "label_smoothing": SMOOTHING,
            "clip_grad_norm": 1.0,
            "normalization": "tokens",
            "batch_size": BATCH,
            "batch_type": "sentence",
            "epochs": EPOCHS,
            "validation_freq": updates,
            "logging_freq": updates,
            "keep_best_ckpts": 1,
            "overwrite": True,
        },
        "model": network(dropout=DROPOUT, shared=True),
    }
