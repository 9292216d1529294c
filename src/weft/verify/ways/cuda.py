"""On a CUDA device in batches of like length, in full float32."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch

from weft.verify._contract import OTHER_PRECISION, Answers, Texts, Way
from weft.verify._layouts import like_lengths
from weft.verify._subject import Subject


def answer(subject: Subject, texts: Texts) -> Answers:
    """The batches of ``padded``."""
    with _full_float32():
        return subject.in_batches(texts, like_lengths(texts), module=subject.on_cuda)


def _absent() -> str:
    return "" if torch.cuda.is_available() else f"this torch ({torch.__version__}) sees no CUDA device"


@contextmanager
def _full_float32() -> Iterator[None]:
    """Without the shorter TensorFloat-32, which keeps three digits of a product."""
    before = torch.backends.cuda.matmul.allow_tf32, torch.backends.cudnn.allow_tf32
    try:
        torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = False
        yield
    finally:
        torch.backends.cuda.matmul.allow_tf32, torch.backends.cudnn.allow_tf32 = before


ways = {"": Way(OTHER_PRECISION, "the CUDA device computes something else", answer, absent=_absent)}
