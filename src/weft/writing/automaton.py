"""How far some texts stand in a longer one: a suffix automaton of the texts, through which the longer one streams.

The automaton (Blumer et al. 1985) has a state for every set of places where the same stretches end, at most two for
each symbol of the texts. Reading any other sequence, it always knows the longest stretch of the texts that ends at the
symbol read, in constant time a symbol on average. Memory therefore grows with the texts and not with what is read.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Hashable, Iterable, Sequence
from typing import NamedTuple


class Stand(NamedTuple):
    """Where something stands."""

    path: str
    line: int


class Automaton:
    """Remembers, for every stretch of some sequences, whether and where it was read.

    Args:
        sequences: of any symbols; they may be empty.
    """

    def __init__(self, sequences: Sequence[Sequence[Hashable]]) -> None:
        self._following: list[dict[Hashable, int]] = [{}]
        self._link = [0]
        self._size = [0]
        self._behind: list[list[int]] = []
        last = 0
        for sequence in sequences:
            behind = []
            for symbol in sequence:
                last = self._add(symbol, last)
                behind.append(last)
            self._behind.append(behind)
            last = self._add(object(), last)  # a symbol that nothing equals: no stretch reaches into the next sequence
        self._longest = max(map(len, sequences), default=0)
        self._read = [0] * len(self._size)
        self._stands: list[Stand | None] = [None] * len(self._size)
        self._lines: deque[tuple[int, Stand]] = deque()
        self._state = self._length = self._count = 0

    def read(self, symbols: Iterable[Hashable], stand: Stand) -> None:
        """Read on; ``stand`` is where these symbols are, as a rule a line."""
        self._lines.append((self._count, stand))
        while len(self._lines) > 1 and self._lines[1][0] <= self._count - self._longest:
            self._lines.popleft()
        following, link, size, read = self._following, self._link, self._size, self._read
        state, length, count = self._state, self._length, self._count
        for symbol in symbols:
            count += 1
            after = following[state].get(symbol)
            while after is None and state:
                state = link[state]
                length = size[state]
                after = following[state].get(symbol)
            if after is None:
                continue
            state, length = after, length + 1
            if length > read[state]:
                self._found(state, length, count)
        self._state, self._length, self._count = state, length, count

    def longest_ends(self, number: int) -> list[int]:
        """For each symbol of sequence ``number``: the length of the longest stretch ending there that was read."""
        return [self._end(state)[0] for state in self._behind[number]]

    def stand(self, number: int, place: int) -> Stand | None:
        """Where the longest stretch that ends at symbol ``place`` of a sequence was first read; None for nowhere."""
        return self._end(self._behind[number][place])[1]

    def _end(self, state: int) -> tuple[int, Stand | None]:
        while state and not self._read[state]:
            state = self._link[state]
        return self._read[state], self._stands[state]

    def _found(self, state: int, length: int, count: int) -> None:
        """A stretch was read up to symbol ``count``; with it all its ends were, which are the states it links to."""
        self._read[state], self._stands[state] = length, self._line(count - length)
        state = self._link[state]
        while state and self._read[state] < self._size[state]:
            self._read[state], self._stands[state] = self._size[state], self._line(count - self._size[state])
            state = self._link[state]

    def _line(self, symbol: int) -> Stand:
        """Where the symbol with this number (from 0) stands."""
        return next(stand for first, stand in reversed(self._lines) if first <= symbol)

    def _add(self, symbol: Hashable, last: int) -> int:
        """One more symbol behind the state ``last``; the new state."""
        new = self._state_of({}, 0, self._size[last] + 1)
        state, above = last, -1
        while above < 0 and symbol not in self._following[state]:
            self._following[state][symbol] = new
            state, above = (self._link[state], above) if state else (0, 0)
        if above == 0:
            return new
        after = self._following[state][symbol]
        if self._size[after] == self._size[state] + 1:
            self._link[new] = after
            return new
        twin = self._state_of(dict(self._following[after]), self._link[after], self._size[state] + 1)
        self._link[new] = self._link[after] = twin
        while self._following[state].get(symbol) == after:
            self._following[state][symbol] = twin
            if not state:
                break
            state = self._link[state]
        return new

    def _state_of(self, following: dict[Hashable, int], link: int, size: int) -> int:
        self._following.append(following)
        self._link.append(link)
        self._size.append(size)
        return len(self._size) - 1
