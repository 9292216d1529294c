"""Modified Kneser-Ney written out with dictionaries, from the formulas: slow, and nothing of it is shared with weft."""

from collections import Counter, defaultdict
from functools import cache

FALLBACK = (0.0, 0.5, 1.0, 1.5)


class ByHand:
    """p(w | context) of a model of lines; symbols are numbers, ``end`` closes a line and stands before one."""

    def __init__(self, lines, order, symbols, end, prune):
        self.symbols = symbols
        self.raw = [Counter() for _ in range(order + 1)]
        for line in lines:
            self.raw[1].update((symbol,) for symbol in [*line, end])
            padded = (end, *line, end)
            for length in range(2, order + 1):
                self.raw[length].update(padded[at : at + length] for at in range(len(padded) - length + 1))
        self.kept = [
            {gram for gram, n in counts.items() if n > cut} for counts, cut in zip(self.raw, prune, strict=True)
        ]
        self.adjusted = [self.adjust(length, order, end) for length in range(order + 1)]
        self.discounts = [self.discount(Counter(counts.values())) for counts in self.adjusted]
        self.after = [defaultdict(dict) for _ in range(order + 1)]
        for length, counts in enumerate(self.adjusted):
            for gram, count in counts.items():
                self.after[length][gram[:-1]][gram[-1]] = count
        self.p = cache(self.p)

    def adjust(self, length, order, end):
        if length in (0, order):
            return dict(self.raw[length])
        before = defaultdict(set)
        for gram in self.raw[length + 1]:
            before[gram[1:]].add(gram[0])
        begins = {gram for gram in self.raw[length] if length > 1 and gram[0] == end}
        return {gram: self.raw[length][gram] if gram in begins else len(before[gram]) for gram in self.raw[length]}

    @staticmethod
    def discount(n):
        if not (n[1] and n[2] and n[3]):
            return FALLBACK
        y = n[1] / (n[1] + 2 * n[2])
        found = (0.0, 1 - 2 * y * n[2] / n[1], 2 - 3 * y * n[3] / n[2], 3 - 4 * y * n[4] / n[3])
        return found if min(found[1:]) > 0 else FALLBACK

    def p(self, context, symbol):
        """The probability of ``symbol`` after ``context``, a tuple; of a shorter one's model when it was never seen."""
        length = len(context) + 1
        counts = self.after[length].get(context)
        lower = self.p(context[1:], symbol) if context else 1 / self.symbols
        if not counts:
            return lower
        given = {
            last: self.discounts[length][min(count, 3)] if (*context, last) in self.kept[length] else count
            for last, count in counts.items()
        }
        own = counts.get(symbol, 0) - given.get(symbol, 0)
        return (own + sum(given.values()) * lower) / sum(counts.values())
