"""The private memory of a process while something runs (RssAnon, without mapped files), and the most it ever had."""

from __future__ import annotations

import re
import threading
from pathlib import Path
from types import TracebackType

from weft.errors import BackendError

OWN = Path("/proc/self/status")
SECONDS = 0.01


class PrivateMemory:
    """Looks every hundredth of a second, in a thread.

    Args:
        process: number of the process that is watched; absent: this one.
    Attributes:
        start, peak: bytes on entry, and the most seen until exit.
    Raises:
        BackendError: this system does not tell (it is no Linux).
    """

    def __init__(self, process: int | None = None) -> None:
        self._status = OWN if process is None else Path(f"/proc/{process}/status")

    def __enter__(self) -> PrivateMemory:
        self.start = self.peak = self._now()
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._done.set()
        self._thread.join()
        if self._status == OWN:  # another process may have ended
            self.peak = max(self.peak, self._now())

    def _watch(self) -> None:
        while not self._done.wait(SECONDS):
            try:
                self.peak = max(self.peak, self._now())
            except BackendError:
                return

    def _now(self) -> int:
        return _told(self._status, "RssAnon", "the private memory")


def private_bytes() -> int:
    """RssAnon of this process, in bytes.

    Raises:
        BackendError: the system does not tell.
    """
    return _told(OWN, "RssAnon", "the private memory")


def largest_resident() -> int:
    """The most memory this process ever had resident (VmHWM), in bytes.

    Raises:
        BackendError: the system does not tell.
    """
    return _told(OWN, "VmHWM", "the largest resident size")


def _told(status: Path, name: str, what: str) -> int:
    try:
        text = status.read_text()
    except OSError:
        text = ""
    found = re.search(rf"^{name}:\s+(\d+) kB", text, re.MULTILINE)
    if not found:
        raise BackendError(f"{status} does not tell {what} ({name})", hint="run this benchmark on Linux")
    return int(found[1]) * 1024
