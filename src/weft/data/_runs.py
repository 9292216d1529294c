"""Runs of five words of a test, looked for in a stream of training words. Sizes: W words and T texts of the test."""

from __future__ import annotations

import numpy as np

from weft.data._word_hashes import BASE, mixed

RUN = 5
"""Words of a run."""

LONG = 10
"""Words of the shortest text that is looked for by its runs."""

SHARE = (4, 5)
"""Words of a text that stand in runs that were found, as a fraction, from which on the text counts as found."""

PHRASE = 50
"""A run that comes more often in the test is a turn of phrase and proves nothing."""

HALF = 1024
"""Runs in half a stretch, unless the longest text has more words."""

_ORDER = np.array([pow(BASE, place, 1 << 64) for place in range(RUN)], np.uint64)
"""What each place of a run is multiplied by. Sums of these must differ too, or a run equals another of its words."""


def runs_of(words: np.ndarray) -> np.ndarray:
    """The hash of every run in a row of words, uint64 [W] -> [max(0, W - RUN + 1)]."""
    count = max(0, len(words) - RUN + 1)
    total = np.zeros(count, np.uint64)
    for place, factor in enumerate(_ORDER):
        total += mixed(words[place : place + count]) * factor
    return mixed(total)


class Lookup:
    """Finds many numbers among few.

    Args:
        keys: uint64 [K], sorted and different, evenly spread as hashes are.
    """

    def __init__(self, keys: np.ndarray) -> None:
        self._keys = keys
        bits = min(max((16 * len(keys)).bit_length(), 10), 26)
        self._shift = np.uint64(64 - bits)
        # Nearly all numbers are none of the keys: a glance at their first bits spares the search.
        self._maybe = np.zeros(1 << bits, bool)
        self._maybe[keys >> self._shift] = True

    def find(self, numbers: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Which of the numbers, uint64 [N], are keys: their places and which keys they are, int64 [F] each."""
        places = np.flatnonzero(self._maybe[numbers >> self._shift])
        keys = np.searchsorted(self._keys, numbers[places])
        hits = self._keys[np.minimum(keys, len(self._keys) - 1)] == numbers[places]
        return places[hits], keys[hits]


class Runs:
    """The runs of a test.

    Args:
        words: uint64 [W], hashes of the words of all texts.
        counts: int64 [T], words of each text.
        chosen: bool [T], which texts are looked for; one of fewer than ``LONG`` words never is.
    """

    def __init__(self, words: np.ndarray, counts: np.ndarray, chosen: np.ndarray) -> None:
        ends = np.repeat(np.cumsum(counts), counts)
        room = ends - np.arange(len(words)) >= RUN
        owners = np.flatnonzero(room & np.repeat(chosen & (counts >= LONG), counts))
        hashes = runs_of(words)[owners]
        order = np.argsort(hashes, kind="stable")
        keys, starts, times = np.unique(hashes[order], return_index=True, return_counts=True)
        rare = times <= PHRASE
        self.keys, self.starts, self.times = keys[rare], starts[rare], times[rare]
        self.owners = owners[order]
        self.counts = counts
        self.text_of = np.repeat(np.arange(len(counts)), counts)


class Stretches:
    """Finds texts whose words stand in one stretch of the training text, while that is read.

    A run is named by its first word's place. Stretch s holds the training runs from ``half * s`` to
    ``half * (s + 2)``, and a text is found when enough of its words stand in runs of one of them.

    Args:
        runs: what is looked for.

    Attributes:
        found: bool [T].
    """

    def __init__(self, runs: Runs) -> None:
        self.found = np.zeros(len(runs.counts), bool)
        self.half = max(HALF, int(runs.counts.max(initial=0)))
        self._runs = runs
        self._lookup = Lookup(runs.keys)
        self._tail = np.zeros(0, np.uint64)
        self._read = 0
        self._halves = self._keys = np.zeros(0, np.int64)
        self._done = 0

    def read(self, words: np.ndarray) -> None:
        """The next words of the training text, uint64 [N]."""
        words = np.concatenate([self._tail, words])
        hashes = runs_of(words)
        places, keys = self._lookup.find(hashes)
        self._halves = np.concatenate([self._halves, (self._read + places) // self.half])
        self._keys = np.concatenate([self._keys, keys])
        self._read += len(hashes)
        self._tail = words[max(0, len(words) - RUN + 1) :]
        self._judge(self._read // self.half - 1)

    def finish(self) -> np.ndarray:
        """The training text has come to its end; ``found``."""
        self._judge(self._read // self.half + 1)
        return self.found

    def _judge(self, until: int) -> None:
        """Look at all stretches from the last time's to ``until``, which have been read to their end."""
        if until <= self._done:
            return
        ready = self._halves <= until
        halves, keys = self._halves[ready], self._keys[ready]
        stretches = np.concatenate([halves, halves - 1])
        wanted = (stretches >= self._done) & (stretches < until)
        pairs = np.unique(stretches[wanted] * len(self._runs.keys) + np.concatenate([keys, keys])[wanted])
        if len(pairs):
            self._cover(*np.divmod(pairs, len(self._runs.keys)))
        self._done = until
        keep = self._halves >= until
        self._halves, self._keys = self._halves[keep], self._keys[keep]

    def _cover(self, stretches: np.ndarray, keys: np.ndarray) -> None:
        """Mark the texts that enough runs were found of; pairs of a stretch and a run that stands in it."""
        runs, times = self._runs, self._runs.times[keys]
        behind = np.repeat(runs.starts[keys] - np.cumsum(times) + times, times)
        words = runs.owners[behind + np.arange(len(behind))]
        stretches = np.repeat(stretches, times)
        new = ~self.found[runs.text_of[words]]
        both = np.sort(stretches[new] * len(runs.text_of) + words[new])
        if not len(both):
            return
        stretches, words = np.divmod(both, len(runs.text_of))
        texts = runs.text_of[words]
        begins = np.append(True, (stretches[1:] != stretches[:-1]) | (texts[1:] != texts[:-1]))
        covered = np.full(len(words), RUN)
        covered[:-1] = np.where(begins[1:], RUN, np.minimum(np.diff(words), RUN))
        firsts = np.flatnonzero(begins)
        of, out_of = SHARE
        enough = np.add.reduceat(covered, firsts) * out_of >= runs.counts[texts[firsts]] * of
        self.found[texts[firsts[enough]]] = True
