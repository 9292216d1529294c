"""The one decoding layer under all text formats: bytes become numbered lines, and what had to be mended is counted.

A line ends in LF or CRLF. A file whose first block has only CR is read with CR as line break; any other lone CR becomes
a space. UTF-8 only: a byte order mark is dropped, invalid bytes become U+FFFD, NUL is removed. Blocks without any of
this, nearly all of them, are decoded and split in one go.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from weft.data.problems import Problems, show_path
from weft.data.readers._bytes import CutShortError, read_bytes, require_text
from weft.errors import DataError

_BOM = b"\xef\xbb\xbf"


def read_lines(path: Path | str, problems: Problems) -> Iterator[tuple[int, str]]:
    """The lines of a text file (or "-"), numbered from 1, without their line breaks.

    Raises:
        DataError: the file is missing, empty, binary, in UTF-16, or a .gz that is cut short (after its whole lines).
    """
    for first, lines in read_blocks(Path(path), problems):
        yield from enumerate(lines, first)


def read_blocks(path: Path, problems: Problems) -> Iterator[tuple[int, list[str]]]:
    """As ``read_lines``, many lines at once: (number of the first line, lines)."""
    first = 1
    try:
        for block in _whole_lines(_text(path, problems)):
            lines = _decode(block, path, first, problems)
            yield first, lines
            first += len(lines)
    except CutShortError as error:
        last = f"the last whole line is line {first - 1:,}" if first > 1 else "no line is whole"
        raise DataError(f"{show_path(path)}: {error}; {last}", hint="copy or download the file again") from error


def _text(path: Path, problems: Problems) -> Iterator[bytes]:
    """Blocks of a file that was found to be text, without the byte order mark, CR-only style turned into LF."""
    blocks = read_bytes(path)
    head = b""
    # Four bytes show a foreign encoding; a line that has ended is answered before more is waited for.
    while len(head) < 4 and b"\n" not in head and (block := next(blocks, b"")):
        head += block
    require_text(path, head)
    if head.startswith(_BOM):
        problems.add("bom", path, 1)
        head = head[len(_BOM) :]
    if b"\r" in head[:-1] and b"\n" not in head:
        problems.add("mac-lines", path, None)
        yield from _carriage_returns_to_newlines(head, blocks)
        return
    yield head
    yield from blocks


def _carriage_returns_to_newlines(head: bytes, blocks: Iterator[bytes]) -> Iterator[bytes]:
    held = head
    for block in blocks:
        joined = held + block
        # a CR at the very end waits for the LF that may follow in the next block
        held = b"\r" if joined.endswith(b"\r") else b""
        yield joined[: len(joined) - len(held)].replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    yield held.replace(b"\r", b"\n")


def _whole_lines(blocks: Iterator[bytes]) -> Iterator[bytes]:
    """Blocks cut at line ends; only the last may lack one. A line longer than a block is gathered in pieces."""
    rest: list[bytes] = []
    for block in blocks:
        cut = block.rfind(b"\n") + 1
        if not cut:
            rest.append(block)
            continue
        rest.append(block[:cut])
        yield b"".join(rest)
        rest = [block[cut:]]
    if any(rest):
        yield b"".join(rest)


def _decode(block: bytes, path: Path, first: int, problems: Problems) -> list[str]:
    if b"\r" in block:
        block = block.replace(b"\r\n", b"\n")
    if b"\r" not in block and b"\0" not in block:
        try:
            lines = block.decode("utf-8").split("\n")
        except UnicodeDecodeError:
            pass
        else:
            return lines if lines[-1] else lines[:-1]
    raw = block.removesuffix(b"\n").split(b"\n")
    return [_mend(line, path, number, problems) for number, line in enumerate(raw, first)]


def _mend(line: bytes, path: Path, number: int, problems: Problems) -> str:
    if b"\0" in line:
        problems.add("nul", path, number)
        line = line.replace(b"\0", b"")
    if b"\r" in line:
        problems.add("carriage-return", path, number)
        line = line.rstrip(b"\r").replace(b"\r", b" ")
    try:
        return line.decode("utf-8")
    except UnicodeDecodeError:
        problems.add("invalid-utf8", path, number)
        return line.decode("utf-8", "replace")
