"""Bytes of a file or of standard input in blocks, unpacked when the name ends in .gz; tells what is not text."""

from __future__ import annotations

import gzip
import sys
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from weft.data.problems import show_path
from weft.errors import DataError, nearest

BLOCK = 1 << 20
SAMPLE = 8192

_MAGIC = {
    b"PK\x03\x04": "a ZIP archive (.xlsx and .docx are such)",
    b"\x1f\x8b": "gzip-compressed, but its name does not end in .gz",
    b"%PDF-": "a PDF document",
    b"\x89PNG": "a PNG picture",
    b"\xff\xd8\xff": "a JPEG picture",
    b"PAR1": "a Parquet file",
    b"\x7fELF": "a program",
}
_CONTROL = bytes(set(range(32)) - set(b"\t\n\r\f\v\b\x1b")) + b"\x7f"
_CONVERT = "only UTF-8 is read; convert it: iconv -f {encoding} -t UTF-8 {path}"


class CutShortError(Exception):
    """The packed stream ends early or is damaged; what came before was delivered."""


class NotTextError(DataError):
    """The file is binary, in another encoding, or empty. ``kind`` is its name in ``Problems``, ``reason`` is short."""

    def __init__(self, path: Path, reason: str, *, hint: str, kind: str = "binary-file") -> None:
        super().__init__(f"{show_path(path)}: {reason}", hint=hint)
        self.kind = kind
        self.reason = reason


def read_bytes(path: Path) -> Iterator[bytes]:
    """Non-empty blocks of at most 1 MiB, as they arrive.

    Raises:
        DataError: no such file, a folder, no permission, or a name in .gz whose content is not gzip.
        CutShortError: see there.
    """
    if str(path) == "-":
        yield from _blocks(sys.stdin.buffer)
        return
    try:
        with _open(path) as stream:
            yield from _blocks(stream)
    except EOFError as error:
        raise CutShortError("the compressed file is cut short") from error
    except zlib.error as error:
        raise CutShortError("the compressed file is damaged") from error
    except gzip.BadGzipFile as error:
        if "Not a gzipped file" not in str(error):
            raise CutShortError("the compressed file is damaged") from error
        message = f"{path}: its name ends in .gz, its content is not gzip"
        raise DataError(message, hint="remove .gz from the name, or pack it with gzip") from error
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror or error}") from error


def require_path(path: Path) -> None:
    """Check that something is there.

    Raises:
        DataError: nothing is; the message carries the nearest name in the same folder.
    """
    if str(path) == "-" or path.exists():
        return
    folder = path.parent
    entries = list(folder.iterdir()) if folder.is_dir() else []
    siblings = [entry.name for entry in entries if nearest(path.stem, [entry.stem])]  # equal endings are not likeness
    place = "" if folder.is_dir() else f"; its folder {str(folder)!r} is not there either"
    raise DataError(f"no such file: {path}{nearest(path.name, siblings)}{place}")


def require_text(path: Path, head: bytes) -> None:
    """Look at the first bytes of a file that should be text.

    Raises:
        NotTextError: it is empty, in UTF-16, of a known binary kind, full of control characters, or mostly not UTF-8.
    """
    if not head.removeprefix(b"\xef\xbb\xbf"):
        raise NotTextError(path, "the file is empty", hint="give a file that holds text", kind="empty-file")
    sample = head[:SAMPLE]
    if sample.startswith((b"\xff\xfe", b"\xfe\xff")) or _alternating_nul(sample):
        raise NotTextError(path, "encoded in UTF-16", hint=_CONVERT.format(encoding="UTF-16", path=path))
    for magic, name in _MAGIC.items():
        if sample.startswith(magic):
            raise NotTextError(path, f"not text: it is {name}", hint="give UTF-8 text")
    controls = len(sample) - len(sample.translate(None, _CONTROL))
    if controls >= 16 and controls > 0.05 * len(sample):
        reason = f"not text: {controls:,} of its first {len(sample):,} bytes are control characters"
        raise NotTextError(path, reason, hint="give UTF-8 text")
    text = sample.decode("utf-8", "replace")
    wrong = text.count("\ufffd")
    if wrong >= 16 and wrong > 0.2 * len(text):
        reason = f"not UTF-8: {wrong:,} of its first {len(text):,} characters cannot be decoded"
        raise NotTextError(
            path, reason, hint=_CONVERT.format(encoding="WINDOWS-1252", path=path) + " (or its own encoding)"
        )


def _open(path: Path) -> IO[bytes]:
    require_path(path)
    if path.suffix.lower() == ".gz":
        return gzip.GzipFile(path)  # type: ignore[return-value]
    return path.open("rb")


def _blocks(stream: IO[bytes]) -> Iterator[bytes]:
    # read1 gives what is there: lines typed into a pipe are answered at once, and what a cut .gz still held is kept.
    while block := stream.read1(BLOCK):  # type: ignore[attr-defined]
        yield block


def _alternating_nul(sample: bytes) -> bool:
    """UTF-16 without a byte order mark: Latin text has NUL in every second byte."""
    shares = (sample[start::2].count(0) / max(1, len(sample) // 2) for start in (0, 1))
    low, high = sorted(shares)
    return len(sample) >= 8 and high > 0.7 and low < 0.1
