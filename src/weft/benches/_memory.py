"""The private memory of this process while something runs (RssAnon, without mapped files), and the most it ever had."""

from __future__ import annotations

import re
import threading
from pathlib import Path
from types import TracebackType

from weft.errors import BackendError

STATUS = Path("/proc/self/status")
SECONDS = 0.01


class PrivateMemory:
    """Looks every hundredth of a second, in a thread.

    Attributes:
        start, peak: bytes on entry, and the most seen until exit.
    Raises:
        BackendError: this system does not tell (it is no Linux).
    """

    def __enter__(self) -> PrivateMemory:
        self.start = self.peak = private_bytes()
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._done.set()
        self._thread.join()
        self.peak = max(self.peak, private_bytes())

    def _watch(self) -> None:
        while not self._done.wait(SECONDS):
            self.peak = max(self.peak, private_bytes())


def private_bytes() -> int:
    """RssAnon of this process, in bytes.

    Raises:
        BackendError: the system does not tell.
    """
    return _told("RssAnon", "the private memory")


def largest_resident() -> int:
    """The most memory this process ever had resident (VmHWM), in bytes.

    Raises:
        BackendError: the system does not tell.
    """
    return _told("VmHWM", "the largest resident size")


def _told(name: str, what: str) -> int:
    found = re.search(rf"^{name}:\s+(\d+) kB", STATUS.read_text() if STATUS.exists() else "", re.MULTILINE)
    if not found:
        raise BackendError(f"{STATUS} does not tell {what} ({name})", hint="run this benchmark on Linux")
    return int(found[1]) * 1024
