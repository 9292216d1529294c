"""Fixed vector: how well each place of a source can be read back from what a translator without attention keeps of it.

A linear probe for each place (multinomial logistic regression) learns, from vectors of the run's training sources,
which symbol stood there; its accuracy is that on sources held out from it, beside that of the commonest symbol of the
place. A probe says what a linear function can find, which need not be what the decoder uses.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

from weft.bundle import Origin
from weft.data.batching import pad
from weft.errors import ConfigError, DataError
from weft.explain._page import document
from weft.explain._symbols import visible

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from weft.explain._contract import Line
    from weft.model import Model

__all__ = ["FixedVector", "Place", "explain", "refuse"]

SOURCES, HELD_OUT = 2000, 0.25
"""Training sources that are read, at most, and the share of them that the probes are measured on."""
PLACES, LEAST = 20, 20
"""Places that are probed, from the first symbol on; held-out sources that a place needs to be measured."""
PENALTY, ROUNDS = 1e-3, 60
HINT = "put the training files back where they were, as the run's metrics.json names them"


@dataclass(frozen=True)
class Place:
    """One place of the sources, from 1.

    Attributes:
        accuracy, baseline: shares of held-out sources whose symbol the probe finds, and that have the commonest one.
        n: held-out sources that are so long.
        symbol, found: what stands there in the text that was given, and what the probe reads; "" behind its end.
    """

    number: int
    accuracy: float
    baseline: float
    n: int
    symbol: str
    found: str


@dataclass(frozen=True)
class FixedVector:
    """What is left of each place; ``width`` numbers stand for a source."""

    text: str
    width: int
    sources: int
    places: tuple[Place, ...]

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        rows = [dict(vars(place)) for place in self.places]
        return {"kind": "fixed-vector", "text": self.text, "width": self.width, "sources": self.sources, "places": rows}

    def lines(self, width: int, shades: str) -> Iterator[Line]:
        """A row a place."""
        yield [(self._about(), None)]
        yield [("place  accuracy  commonest  sources  here  read back", None)]
        for place in self.places:
            shade = shades[min(len(shades) - 1, int(place.accuracy * len(shades)))]
            here = f"{visible(place.symbol)}  {visible(place.found)}"
            numbers = f"{place.number:>5}  {place.accuracy:>7.1%} "
            yield [(numbers, None), (shade, place.accuracy), (f"{place.baseline:>10.1%}  {place.n:>7}  {here}", None)]

    def picture(self) -> Figure:
        """Accuracy and baseline by place."""
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure

        figure = Figure(figsize=(6.4, 3.6), layout="constrained")
        FigureCanvasAgg(figure)
        axis = figure.subplots()
        numbers = [place.number for place in self.places]
        axis.plot(numbers, [place.accuracy for place in self.places], marker="o", label="linear probe")
        axis.plot(numbers, [place.baseline for place in self.places], linestyle="--", label="commonest symbol")
        axis.set(
            xlabel="place in the source", ylabel="accuracy", ylim=(0, 1.02), title=f"{self.width} numbers a source"
        )
        axis.legend()
        return figure

    def page(self) -> str:
        """The table."""
        head = "".join(f"<th>{name}</th>" for name in ("place", "accuracy", "commonest", "sources"))
        rows = "".join(
            f"<tr><td>{place.number}</td><td>{place.accuracy:.1%}</td><td>{place.baseline:.1%}</td><td>{place.n}</td></tr>"
            for place in self.places
        )
        body = f"<table><tr>{head}</tr>{rows}</table>"
        return document(
            title="Fixed vector",
            heading="Fixed vector",
            about=(self._about(),),
            body=body,
            data={},
            style="",
            script="",
        )

    def _about(self) -> str:
        return (
            f"what a linear probe reads back from {self.width} numbers, learned from {self.sources:,} training sources"
        )


def refuse(model: Model) -> str:
    """Why a run cannot be explained so; "" when it can."""
    if not hasattr(model.task, "refuse_alignment"):
        return f"a model of task {model.task.name!r} keeps no fixed vector of a source"
    return "" if model.task.refuse_alignment(model.module) else "this translator has attention, and no fixed vector"


def explain(model: Model, text: str, *, units: Sequence[int] = ()) -> FixedVector:
    """Learn the probes, measure them, and read the text back.

    Args:
        model: a run of a translator without attention, whose training files are still there.
        text: a source.
        units: none; there are none to choose from.
    Raises:
        ConfigError: the run is no such translator, or units were given.
        RunError: the training files are not there any more, or have changed.
        DataError: there are too few sources.
    """
    reason = refuse(model)
    if reason:
        raise ConfigError(f"there is no fixed vector to explain: {reason}")
    if units:
        raise ConfigError("probes read the whole vector, they have no units to show", hint="leave --units out")
    rows = _rows(model)
    own = _read_order(model, text)
    vectors = _vectors(model, [*rows, own])
    known, given = vectors[:-1], vectors[-1:]
    spread = known.std(dim=0).clamp(min=1e-6)
    known, given = (known - known.mean(dim=0)) / spread, (given - known.mean(dim=0)) / spread
    symbols = model.vocabulary.source.symbols  # type: ignore[attr-defined]
    held = np.arange(len(rows)) % round(1 / HELD_OUT) == 0
    places = []
    for number in range(PLACES):
        long = np.array([len(row) > number + 1 for row in rows])
        learn, test = np.flatnonzero(long & ~held), np.flatnonzero(long & held)
        if len(test) < LEAST:
            break
        stood = np.array([row[number] if len(row) > number else 0 for row in rows])
        there = len(own) > number + 1
        accuracy, baseline, found = _probed(known, given, stood, learn, test)
        here, read = (symbols[own[number]], symbols[found]) if there else ("", "")
        places.append(Place(number + 1, accuracy, baseline, len(test), here, read))
    if not places:
        raise DataError(f"too few training sources for probes: {len(rows)}, of which a quarter must be {LEAST} or more")
    return FixedVector(text, vectors.shape[1], len(rows), tuple(places))


def _rows(model: Model) -> list[np.ndarray]:
    """Numbered training sources, each once, in the order of their symbols from the first on."""
    if model.run is None:
        raise ConfigError("this model has no run folder that says where its training sources are")
    origin = Origin.read(model.run, what="training sources", hint=HINT)
    origin.check(origin.files.train)
    texts = dict.fromkeys(islice(model.task.train_texts(origin.files, model.config), SOURCES))
    return [row for row in (_read_order(model, text) for text in texts) if len(row) > 1]


def _read_order(model: Model, text: str) -> np.ndarray:
    """A source's numbers and its end, from its first symbol on."""
    row = model.encode(text)
    reverse = model.config.data.reverse_source  # type: ignore[attr-defined]
    return np.append(row[:-1][::-1], row[-1:]) if reverse else row


def _vectors(model: Model, rows: Sequence[np.ndarray]) -> Tensor:
    """float32 [N, Z]."""
    reverse = model.config.data.reverse_source  # type: ignore[attr-defined]
    end = model.vocabulary.source.end_id  # type: ignore[attr-defined]
    module: Any = model.module
    device = next(module.parameters()).device
    found = []
    with torch.inference_mode():
        for start in range(0, len(rows), 64):
            part = [np.append(row[:-1][::-1] if reverse else row[:-1], end) for row in rows[start : start + 64]]
            ids, lengths = pad(part)
            read: Any = module.encode(ids.to(device), lengths)
            # A decoder that starts from a copy has every layer's states, cells included.
            copied = [read.state[name] for name in sorted(read.state)]
            kept = torch.cat(copied, dim=-1) if module.decoder.bridge.kind == "copy" else read.summary
            found.append(kept.float().cpu())
    return torch.cat(found).clone()


def _probed(
    known: Tensor, given: Tensor, stood: np.ndarray, learn: np.ndarray, test: np.ndarray
) -> tuple[float, float, int]:
    """Accuracy of a place's probe, that of the commonest symbol, and what the probe reads from the vector given."""
    classes, wanted = np.unique(stood[learn], return_inverse=True)
    commonest = classes[np.bincount(wanted).argmax()]
    targets = torch.from_numpy(wanted)
    with torch.inference_mode(False), torch.enable_grad():
        weight = torch.zeros(len(classes), known.shape[1] + 1, requires_grad=True)
        optimizer = torch.optim.LBFGS([weight], max_iter=ROUNDS, line_search_fn="strong_wolfe")

        def loss() -> Tensor:
            optimizer.zero_grad()
            logits = known[learn] @ weight[:, 1:].T + weight[:, 0]
            cost = torch.nn.functional.cross_entropy(logits, targets) + PENALTY * weight[:, 1:].square().sum()
            cost.backward()  # type: ignore[no-untyped-call]
            return cost

        optimizer.step(loss)  # type: ignore[no-untyped-call]
    with torch.no_grad():
        said = classes[(known[test] @ weight[:, 1:].T + weight[:, 0]).argmax(dim=1).numpy()]
        own = int(classes[int((given @ weight[:, 1:].T + weight[:, 0]).argmax())])
    return float((said == stood[test]).mean()), float((commonest == stood[test]).mean()), own
