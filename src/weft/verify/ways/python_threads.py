"""Two Python threads that run the network at the same time, each on its own batches."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import torch

from weft.data.batching import pad
from weft.verify._contract import SAME, Answers, Texts, Way
from weft.verify._layouts import like_lengths
from weft.verify._subject import Subject


def answer(subject: Subject, texts: Texts) -> Answers:
    """The batches of ``padded``, shared out among both."""
    threads = torch.get_num_threads()

    def run(batch: Texts) -> Answers:
        torch.set_num_threads(threads)
        return subject.read(*pad(batch))

    layout = like_lengths(texts)
    with ThreadPoolExecutor(max_workers=2) as pool:
        answers = pool.map(run, [[texts[place] for place in places] for places in layout])
        return subject.by_batch(texts, layout, lambda _: next(answers))


ways = {"": Way(SAME, "calls at the same time disturb each other", answer, against="padded")}
