"""Each text in two pieces, in ragged batches; the states between are sent as bytes row by row and joined anew."""

from __future__ import annotations

from torch import Tensor

from weft.data.batching import pad
from weft.nn import join_rows, split_rows, state_from_bytes, state_to_bytes
from weft.types import State
from weft.verify._contract import REORDERED, Answers, Texts, Way
from weft.verify._layouts import unlike_lengths
from weft.verify._subject import Subject


def answer(subject: Subject, texts: Texts) -> Answers:
    """Every text cut at a place drawn at random; one of a single symbol is read at once."""
    draw = subject.draw(texts)

    def run(batch: Texts) -> Answers:
        cuts = [int(draw.integers(1, len(text))) for text in batch]
        first, state = _said(subject, [text[:cut] for text, cut in zip(batch, cuts, strict=True)], None)
        rests = [text[cut:] for text, cut in zip(batch, cuts, strict=True)]
        second, _ = _said(subject, rests[::-1], _sent(state, len(batch)))
        return subject.pieced([list(pair) for pair in zip(first, second[::-1], strict=True)])

    longer = [text for text in texts if len(text) > 1]
    pieced = iter(subject.by_batch(longer, unlike_lengths(longer), run))
    return [next(pieced) if len(text) > 1 else subject.alone([text])[0] for text in texts]


def _said(subject: Subject, texts: Texts, state: State | None) -> tuple[list[Tensor], State]:
    """What the network says of each text of a batch, its padding left out, and the state after it."""
    ids, lengths = pad(texts)
    y, after = subject.piece(ids, lengths, state)
    if not subject.in_step:
        return list(y), after
    return [row[:length] for row, length in zip(y, lengths.tolist(), strict=True)], after


def _sent(state: State, rows: int) -> State:
    """The state after a journey row by row; the rows arrive last first."""
    parcels = [state_to_bytes(row) for row in split_rows(state, [1] * rows)]
    return join_rows([state_from_bytes(parcel) for parcel in reversed(parcels)])


ways = {"": Way(REORDERED, "a state that is carried on lacks something", answer)}
