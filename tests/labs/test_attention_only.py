"""The lab `attention-only`: four families on the same texts, their pace, and sentences that follow the numbers."""

from dataclasses import replace

import pytest
import torch

from weft.api import _resolved
from weft.labs import attention_only
from weft.labs._contract import LabOptions
from weft.labs._copying import REVERSE, Copying
from weft.labs._results import FILE
from weft.labs.attention_only import pace, plan, report
from weft.labs.attention_only.plan import ATTENDING, ATTENTION_ONLY, CONVOLUTIONAL, FIXED, NETWORKS, Size, Widths

SMALL = Size(
    tasks=(REVERSE, plan.NUMBERS),
    strings=Copying((3, 5), (3, 7), count=40, held_out=10, texts=10),
    numbers=60,
    number_texts=20,
    updates=1,
    widths=Widths(4, 4, 4, 4),
    layers=(1, 2),
    seeds=1,
    paced=(3, 6),
    rounds=2,
)


def options(folder, **more):
    return LabOptions(
        **{"out": folder, "full": False, "seed": 1, "progress": lambda line, left: None, "threads": 1, **more}
    )


def test_the_lab_trains_all_and_goes_on_where_it_stopped(tmp_path, monkeypatch):
    monkeypatch.setattr(plan, "DEFAULT", replace(SMALL, tasks=(REVERSE,)))
    before = torch.get_num_threads()
    whole = attention_only.run(options(tmp_path))
    assert torch.get_num_threads() == before
    assert [row[:5] for row in whole.rows] == [(REVERSE, 1, "3", "yes", 10), (REVERSE, 1, "7", "no", 10)]
    trainings, paces, in_turn = whole.tables
    assert {row[2] for row in trainings.rows} == set(NETWORKS)
    assert [row[0] for row in paces.rows] == list(NETWORKS)
    assert [row[1:] for row in in_turn.rows] == [(1, 6, 6, 6), (1, 6, 6, 6), (1, 1, 1, 6), (2, 1, 1, 6)]
    assert whole.pictures[0].read_bytes().startswith(b"\x89PNG")
    lines = (tmp_path / FILE).read_text().splitlines(keepends=True)
    assert len(lines) == 1 + 4 + 8
    (tmp_path / FILE).write_text("".join(lines[:5]))
    said = []
    again = attention_only.run(options(tmp_path, progress=lambda line, left: said.append(line)))
    assert said == [f"4 of 4 trainings are in {tmp_path / FILE}", "measuring updates at 2 lengths"]
    assert (again.rows, again.tables[0], again.tables[2]) == (whole.rows, trainings, in_turn)


def test_number_words_are_measured_by_the_length_of_the_words_and_left_out_where_nobody_says_them(
    tmp_path, monkeypatch
):
    pytest.importorskip("num2words")
    monkeypatch.setattr(plan, "DEFAULT", SMALL)
    made = plan.make(options(tmp_path))
    texts = made.texts[plan.NUMBERS, 1]
    assert sum(len(part.rows) for part in texts.parts) == 20
    assert all(target.isdigit() and source.isascii() for source, target in texts.pairs)
    trained = (tmp_path / "number-words-seed1" / "train.csv").read_text()
    assert not {target for _, target in texts.pairs} & {line.split(",")[-1] for line in trained.splitlines()}
    monkeypatch.setattr(plan, "find_spec", lambda name: None)
    without = plan.make(options(tmp_path))
    assert [task for task, _ in without.texts] == [REVERSE]
    assert "num2words is not installed" in without.notes[0]


@pytest.mark.parametrize("size", [plan.DEFAULT, plan.FULL])
def test_the_networks_have_about_as_many_parameters(size):
    counts = {name: parameters(recipe) for name, recipe in plan.networks(size).items()}
    middle = sorted(counts.values())[1]
    assert all(abs(count / middle - 1) < 0.06 for count in counts.values()), counts


def parameters(recipe):
    return sum(value.numel() for value in pace._runner(recipe).module.parameters())


def test_recipes_are_of_the_families_that_they_name():
    recipes = {name: _resolved(recipe, (), 1) for name, recipe in plan.networks(SMALL).items()}
    assert recipes[FIXED].decoder.attention == "none"
    assert recipes[FIXED].decoder.summary
    assert recipes[ATTENDING].decoder.attention == "additive"
    assert recipes[CONVOLUTIONAL].architecture == "convolutional"
    assert recipes[ATTENTION_ONLY].architecture == "self-attention"


def test_the_sentences_follow_from_the_numbers(tmp_path, monkeypatch):
    monkeypatch.setattr(plan, "DEFAULT", replace(SMALL, tasks=(REVERSE,)))
    made = plan.make(options(tmp_path))
    right = dict(zip(NETWORKS, (2, 10, 8, 9), strict=True))
    texts = made.texts[REVERSE, 1]
    records = {
        each.key: {
            "written": [target if place % 10 < right[each.job.network] else "" for place, (_, target) in pairs(texts)],
            "parameters": 5, "updates": 1, "seconds": float(right[each.job.network]), "network": each.job.network,
        }
        for each in made.trainings
    }  # fmt: skip
    power = {FIXED: 1.0, ATTENDING: 2.0, CONVOLUTIONAL: 0.0, ATTENTION_ONLY: 0.0}
    paces = [
        {"network": name, "length": length, "seconds": 0.001 * (length / 3) ** power[name], "quarters": [0.001, 0.002]}
        for name in NETWORKS
        for length in (3, 6)
    ]
    said = report.make(made, report.gather(made, records), paces, ()).sentences
    order = "100.0 % (with attention), 90.0 % (attention only), 80.0 % (convolutional), 20.0 % (recurrent)"
    assert said[0] == f"reverse, seed 1, the longest sources of the kind trained on (3): {order}."
    assert said[1] == f"reverse, seed 1, longer than any in training (7): {order}."
    assert said[2].startswith("reverse, seed 1, training: 2 s (recurrent), 8 s (convolutional)")
    assert "so many times the seconds: 2.0 (recurrent), 4.0 (with attention), 1.0 (convolutional)" in said[3]
    assert "as a power of the length: 1.00 (recurrent), 2.00 (with attention), 0.00" in said[3]
    assert said[4] == "the fastest update: recurrent at 3, convolutional at 6."


def pairs(texts):
    return enumerate(texts.pairs)
