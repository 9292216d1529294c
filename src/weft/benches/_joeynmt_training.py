"""JoeyNMT trained by its own command on Multi30k, with subwords of its own, as its users would."""

from __future__ import annotations

import gzip
import importlib
import io
import json
import os
import resource
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from contextlib import redirect_stderr
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, cast

import torch

from weft.benches._contract import BenchOptions, data_file
from weft.benches._joeynmt import network, part_of
from weft.errors import WeftError

SIDES = ("en", "de")
PARTS = {"train": ".gz", "val": "", "test2016": ""}
MERGES = 5800
"""Joined pairs of subwords: with single characters about 6,000 symbols."""
SPECIALS = {"unk_token": "<unk>", "pad_token": "<pad>", "bos_token": "<bos>", "eos_token": "<eos>"}
DROPOUT, SMOOTHING, BATCH = 0.3, 0.1, 64
EPOCHS = 12


@dataclass(frozen=True)
class Joey:
    """What it came to: folder, its subwords, and the processor minutes of its training."""

    folder: Path
    minutes: float

    @property
    def symbols(self) -> list[str]:
        """Its subwords without the special symbols, in the order of their numbers."""
        return (self.folder / "symbols.txt").read_text(encoding="utf-8").split("\n")[:-1]

    def cut(self, text: str) -> list[str]:
        """The subwords of an English text."""
        tokenizer = _tokenizer(self.folder, SIDES[0])
        return cast("list[str]", tokenizer(tokenizer.pre_process(text)))

    def joined(self, subwords: Sequence[str]) -> str:
        """A German text of subwords."""
        return cast(str, _tokenizer(self.folder, SIDES[1]).post_process(list(subwords)))

    def weights(self) -> dict[str, torch.Tensor]:
        """The parameters that were best in validation."""
        kept: dict[str, torch.Tensor] = torch.load(self.folder / "run" / "best.ckpt", weights_only=True)["model_state"]
        return kept


def train(folder: Path, minutes: float, options: BenchOptions) -> Joey:
    """Train it in ``folder`` for so many minutes of the processor, unless that was done.

    Raises:
        WeftError: its command failed, or did not come to its first validation.
    """
    done = folder / "minutes.json"
    if not done.exists():
        folder.mkdir(parents=True, exist_ok=True)
        _write_data(folder, options)
        done.write_text(json.dumps(_run(folder, minutes, options)), encoding="utf-8")
    return Joey(folder, json.loads(done.read_text(encoding="utf-8")))


def _write_data(folder: Path, options: BenchOptions) -> None:
    for part, ending in PARTS.items():
        for side in SIDES:
            raw = data_file(options, f"multi30k/{part}.{side}{ending}").read_bytes()
            (folder / f"{part}.{side}").write_bytes(gzip.decompress(raw) if ending else raw)
    words = {side: _words(folder, side) for side in SIDES}
    every = "".join(f"{line}\n" for side in SIDES for line in words[side])
    with (folder / "codes.txt").open("w", encoding="utf-8") as codes, redirect_stderr(io.StringIO()):
        importlib.import_module("subword_nmt.learn_bpe").learn_bpe(io.StringIO(every), codes, MERGES)
    tokenizer = _tokenizer(folder, SIDES[0])
    tokenizer.bpe.vocab = None
    counts = Counter(piece for side in SIDES for line in words[side] for piece in tokenizer(line))
    symbols = sorted(counts, key=lambda piece: (-counts[piece], piece))
    (folder / "symbols.txt").write_text("".join(f"{symbol}\n" for symbol in symbols), encoding="utf-8")


def _words(folder: Path, side: str) -> list[str]:
    """The training texts of a side as Moses cuts them into words."""
    moses = importlib.import_module("sacremoses").MosesTokenizer(lang=side)
    with (folder / f"train.{side}").open(encoding="utf-8") as lines:
        return [moses.tokenize(line, return_str=True) for line in lines]


@cache
def _tokenizer(folder: Path, side: str) -> Any:
    made = part_of("tokenizers").SubwordNMTTokenizer(**_cutting(folder), lang=side)
    made.unk_token, made.sep_token, made.lang_tags = SPECIALS["unk_token"], None, []
    made.specials = [token for token in SPECIALS.values() if token != made.unk_token]
    return made


def _cutting(folder: Path) -> dict[str, Any]:
    return {"codes": str(folder / "codes.txt"), "pretokenizer": "moses"}


def _run(folder: Path, minutes: float, options: BenchOptions) -> float:
    """Processor minutes of the training, which the system ends at the limit; what was best until then is kept."""
    path = folder / "config.json"
    path.write_text(json.dumps(_configuration(folder, options.seed), indent=1), encoding="utf-8")
    threads = {"OMP_NUM_THREADS": str(options.threads)} if options.threads else {}
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    log = folder / "run" / "train.log"
    options.progress(f"JoeyNMT trains {minutes:.0f} minutes of the processor; its log is {log}")
    command = [sys.executable, *_flags(), "-m", "joeynmt", "train", str(path), "--skip-test"]
    done = subprocess.run(
        ["prlimit", f"--cpu={round(60 * minutes)}", *command],
        env={**os.environ, **threads},
        capture_output=True,
        check=False,
    )
    if done.returncode not in (0, -signal.SIGXCPU, -signal.SIGKILL) or not (folder / "run" / "best.ckpt").exists():
        raise WeftError(f"JoeyNMT ended with {done.returncode}: {done.stderr.decode(errors='replace')[-300:]}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return (after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime) / 60


def _flags() -> Sequence[str]:
    return ["-S"] if sys.flags.no_site else []


def _configuration(folder: Path, seed: int) -> dict[str, Any]:
    side = {
        "level": "bpe",
        "max_length": 100,
        "tokenizer_type": "subword-nmt",
        "tokenizer_cfg": _cutting(folder),
        "voc_file": str(folder / "symbols.txt"),
    }
    updates = -(-sum(1 for _ in (folder / "train.en").open(encoding="utf-8")) // BATCH)
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
            "special_symbols": SPECIALS,
            **{name: {"lang": lang, **side} for name, lang in zip(("src", "trg"), SIDES, strict=True)},
        },
        "testing": {"beam_size": 1, "batch_size": BATCH, "eval_metrics": ["bleu"]},
        "training": {
            "optimizer": "adam",
            "learning_rate": 0.001,
            "scheduling": "exponential",  # "plateau" asks torch for an argument that it no longer has
            "decrease_factor": 0.75,
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
