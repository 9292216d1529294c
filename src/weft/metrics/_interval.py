"""95 % confidence intervals: Wilson for shares, normal for means and ratios, bootstrap for everything else."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

Z = 1.959963984540054
"""Half width of a 95 % interval in standard errors."""

REPLICATES = 1000
_SEED = 20260
_CELLS = 4_000_000


def wilson(hits: float, n: int) -> tuple[float, float]:
    """Interval of the share ``hits / n``; unlike mean ± 2 s it stays inside [0, 1] and is not empty at 0 and 1."""
    share = hits / n
    spread = Z * math.sqrt(share * (1 - share) / n + Z * Z / (4 * n * n))
    middle = share + Z * Z / (2 * n)
    scale = 1 + Z * Z / n
    # Rounding must not push the ends past the share itself (0 of n, n of n).
    return min(share, max(0.0, (middle - spread) / scale)), max(share, min(1.0, (middle + spread) / scale))


def normal(values: np.ndarray) -> tuple[float, float]:
    """Interval of the mean of float [N], by its standard error; a single value gives no spread, only itself."""
    mean = float(values.mean())
    if len(values) < 2:
        return mean, mean
    spread = Z * float(values.std(ddof=1)) / math.sqrt(len(values))
    return mean - spread, mean + spread


def ratio(tops: np.ndarray, bottoms: np.ndarray) -> tuple[float, float, float]:
    """The ratio of two sums over blocks, and its interval (normal, by the spread of ``top - ratio * bottom``).

    Blocks, not symbols, are the unit of chance: symbols of one block depend on each other. One block gives no spread.

    Args:
        tops: float [N], the quantity of each block (nats).
        bottoms: int [N], the size of each block (symbols), at least one of them positive.
    """
    total = float(bottoms.sum())
    value = float(tops.sum()) / total
    if len(tops) < 2:
        return value, value, value
    residues = tops - value * bottoms
    blocks = len(tops)
    spread = Z * math.sqrt(float((residues**2).sum()) * blocks / (blocks - 1)) / total
    return value, value - spread, value + spread


def bootstrap(counts: np.ndarray, statistic: Callable[[np.ndarray], np.ndarray], value: float) -> tuple[float, float]:
    """Percentile interval over resampled texts.

    Equal texts are counted together, so that a thousand replicates cost as much as there are distinct outcomes.

    Args:
        counts: int [K], how often each distinct outcome was seen.
        statistic: int [R, K] resampled counts -> float [R].
        value: the statistic of ``counts`` themselves; the interval is widened to hold it.
    """
    low, high = np.percentile(replicates(counts, statistic), [2.5, 97.5])
    return min(float(low), value), max(float(high), value)


def replicates(counts: np.ndarray, statistic: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
    """The statistic of resampled texts, float [REPLICATES]; arguments as ``bootstrap`` takes them."""
    generator = np.random.default_rng(_SEED)
    step = max(1, _CELLS // len(counts))
    sizes = [min(step, REPLICATES - done) for done in range(0, REPLICATES, step)]
    return np.concatenate([statistic(_resampled(counts, size, generator)) for size in sizes])


def _resampled(counts: np.ndarray, replicates: int, generator: np.random.Generator) -> np.ndarray:
    """Counts of as many texts drawn with replacement, int [replicates, K]."""
    n = int(counts.sum())
    # A draw by outcome costs about ten times a draw by text.
    if 10 * len(counts) < n:
        return generator.multinomial(n, counts / n, size=replicates)
    owners = np.repeat(np.arange(len(counts)), counts)
    draws = (owners[generator.integers(0, n, n)] for _ in range(replicates))
    return np.stack([np.bincount(drawn, minlength=len(counts)) for drawn in draws])


def size_interval(rows: np.ndarray) -> tuple[float, float, float]:
    """The sum of sizes of column means, ``sum |mean|``, and its interval.

    Chance alone makes such a sum positive, so its estimate leans upwards. The low end takes off all that chance can
    have added (by the triangle inequality no more than the size of the noise itself), the high end is the basic
    bootstrap's. Noise is drawn from the means' normal limit: their covariance is that of the rows over N.

    Args:
        rows: float [N, K], one row a text.
    """
    means = rows.mean(axis=0)
    value = float(np.abs(means).sum())
    if len(rows) < 2:
        return value, value, value
    generator = np.random.default_rng(_SEED)
    covariance = np.atleast_2d(np.cov(rows, rowvar=False)) / len(rows)
    noise = generator.multivariate_normal(np.zeros(len(means)), covariance, size=REPLICATES, method="eigh")
    most = float(np.percentile(np.abs(noise).sum(axis=1), 97.5))
    least = float(np.percentile(np.abs(means + noise).sum(axis=1), 2.5))
    return value, max(0.0, value - most), max(value, 2 * value - least)
