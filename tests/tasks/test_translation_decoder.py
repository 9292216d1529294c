"""A translator as search sees it: what a row writes depends on its source and its past, not on how rows stand."""

from __future__ import annotations

import pytest
import torch

import weft
from weft.data.batching import pad
from weft.search.beam import Beam, beam_search
from weft.tasks.translate.decoding import TranslationDecoder

from made import pairs

SOURCES = ("a dog ran here 3", "so", "sat sat cat dog 1 2")
FAMILIES = {
    "attention": [],
    "fed": ["decoder.query=current", "decoder.feeding=true"],
    "coverage": ["decoder.coverage=true"],
    "fixed": ["decoder.attention=none", "decoder.summary=true"],
    "convolutional": ["architecture=convolutional"],
    "self-attention": ["architecture=self-attention"],
}


@pytest.fixture(scope="module", params=FAMILIES)
def decoder(request, tmp_path_factory) -> TranslationDecoder:
    folder = tmp_path_factory.mktemp("family")
    data = pairs(folder / "pairs.csv")
    settings = ["training.max_steps=3", *FAMILIES[request.param]]
    model = weft.train("tiny-translate", train=data, valid=data, out=folder / "run", settings=settings)
    return TranslationDecoder(model.module, *pad([model.encode(text) for text in SOURCES]), forbidden=None)


@pytest.mark.parametrize("owners", [[0, 1, 2], [0, 0, 0, 2], [1, 1, 2, 2], [0, 1, 1, 2, 2, 2], [2, 0, 2, 1]], ids=str)
def test_rows_in_any_numbers_write_as_each_alone(decoder, owners):
    rows = torch.tensor(owners)
    symbols = [torch.randint(0, 20, (len(owners),), generator=torch.Generator().manual_seed(step)) for step in range(3)]
    state = decoder.select(decoder.start(len(SOURCES)), rows)
    alone = [decoder.select(decoder.start(len(SOURCES)), rows[place : place + 1]) for place in range(len(owners))]
    for ids in symbols:
        said = decoder.step(state, ids)
        single = [decoder.step(each, ids[place : place + 1]) for place, each in enumerate(alone)]
        assert torch.allclose(said.logp, torch.cat([each.logp for each in single]), atol=1e-5)
        if said.attention is not None:
            assert torch.allclose(said.attention, torch.cat([each.attention for each in single]), atol=1e-6)
        state, alone = said.state, [each.state for each in single]


def test_a_search_of_many_sources_finds_what_each_finds_alone(decoder):
    longest, end = torch.tensor([12, 9, 15]), decoder.module.end_id

    def found(which: list[int]) -> list[list[int]]:
        ends = {"start_id": end, "stop_id": end, "longest": longest[which]}
        outputs = beam_search(_Some(decoder, torch.tensor(which)), len(which), Beam(4), **ends)
        return [list(best[0].ids) for best in outputs]

    assert found([0, 1, 2]) == [output for which in range(3) for output in found([which])]


class _Some:
    """The decoder for some of its sources."""

    def __init__(self, decoder: TranslationDecoder, which: torch.Tensor) -> None:
        self.decoder, self.which = decoder, which
        self.step, self.select = decoder.step, decoder.select

    def start(self, n: int) -> dict:
        return self.decoder.select(self.decoder.start(len(SOURCES)), self.which)
