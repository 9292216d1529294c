"""Sources abbreviated in training."""

from __future__ import annotations

import os
import random
import signal
from pathlib import Path

import pytest

import weft
from weft.config import PairData
from weft.data.abbreviating import Abbreviated, abbreviated
from weft.data.pairs import PairFeed, PairVocabulary, number_pairs, pair_records, source_row
from weft.data.problems import Problems
from weft.training import Listener
from weft.training.listeners import Stepped

from made import pairs

TEXT = "Mittwoch, 3. Mai 1989 (Frühling)"


def test_words_are_cut_to_their_beginnings_and_nothing_else_changes() -> None:
    seen = {abbreviated(TEXT, random.Random(seed)) for seed in range(200)}
    assert TEXT in seen
    assert len(seen) > 50
    for text in seen:
        weekday, day, month, year, season = text.replace("(", "").replace(")", "").split(" ")
        assert (day, year) == ("3.", "1989")
        for cut, whole in ((weekday[:-1], "Mittwoch"), (month, "Mai"), (season, "Frühling")):
            stem = cut.removesuffix(".")
            assert whole.startswith(stem)
            assert len(stem) >= max(1, len(whole) // 4)
            assert not cut.endswith(".") or len(stem) < len(whole)


@pytest.mark.parametrize("text", ["", "7", "a b", "2019-05-01", "12/3"])
def test_texts_without_long_words_stay(text: str) -> None:
    assert all(abbreviated(text, random.Random(seed)) == text for seed in range(20))


def test_an_epoch_is_the_same_again_and_another_is_not(tmp_path: Path) -> None:
    config, problems = PairData(tokenizer="char", abbreviate=0.5), Problems()
    path = pairs(tmp_path / "pairs.csv")
    vocabulary = PairVocabulary.learn(lambda: pair_records([path], config, problems), config)
    records = pair_records([path], config, problems)
    rows = number_pairs(records, config, vocabulary, tmp_path / "rows", problems, learning=True)

    def epoch(number: int, seed: int = 1) -> list[list[int]]:
        read = Abbreviated(rows, vocabulary.source, config, seed)
        feed = PairFeed(rows, batch_size=4, seed=seed, shuffle=False, read=read)
        return [ids[:n].tolist() for b in feed.epoch(number) for ids, n in zip(b.ids, b.lengths, strict=True)]

    plain = PairFeed(rows, batch_size=4, seed=1, shuffle=False).epoch(0)
    whole = [ids[:n].tolist() for b in plain for ids, n in zip(b.ids, b.lengths, strict=True)]
    assert epoch(3) == epoch(3)
    assert epoch(3) != epoch(4)
    assert epoch(3) != epoch(3, seed=2)
    same = sum(a == b for number in range(20) for a, b in zip(epoch(number), whole, strict=True)) / 20 / len(whole)
    assert 0.5 < same < 0.8, "half of the sources, and of the others those in which no word was cut"
    assert all(ids[-1] == vocabulary.source.end_id for ids in epoch(3))
    row = Abbreviated(rows, vocabulary.source, config.model_copy(update={"abbreviate": 0.0}), 1)(0, 2)
    assert row.tolist() == source_row(rows.text(2), vocabulary.source, config).tolist()


class Stops(Listener):
    """Interrupts after a number of updates."""

    def __init__(self, step: int) -> None:
        self.step = step

    def on_step(self, event: Stepped) -> None:
        if event.step == self.step:
            os.kill(os.getpid(), signal.SIGINT)


def test_training_with_it_is_resumed_bit_for_bit(tmp_path: Path) -> None:
    path = pairs(tmp_path / "pairs.csv")
    settings = ["training.max_steps=6", "training.epochs=9", "training.batch_size=8", "data.abbreviate=0.6"]
    given = {"train": path, "valid": path, "settings": settings}
    whole = weft.train("tiny-translate", out=tmp_path / "whole", **given)
    weft.train("tiny-translate", out=tmp_path / "often", listener=Stops(4), **given)
    often = weft.train("tiny-translate", out=tmp_path / "often", resume=True, **given)
    assert all(value.equal(often.module.state_dict()[name]) for name, value in whole.module.state_dict().items())
