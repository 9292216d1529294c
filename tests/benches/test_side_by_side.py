"""What the benchmarks of speed share: rounds, ratios, what was wanted, and that a wrong result is not timed."""

import math
import os

import pytest
import torch

from weft.benches import _machine, _ratio_picture
from weft.benches._agreement import largest_difference
from weft.benches._comparison import COLUMNS, Comparison, Wanted, geometric_mean, share_of, verdict
from weft.benches._rounds import Patience, Ratio, Rounds, alternate
from weft.errors import BackendError


def test_works_are_done_in_turns_after_they_have_warmed_up():
    done = []

    def work(name):
        return lambda: done.append(name) or {name: len(done)}

    rounds = alternate([work("a"), work("b")], Patience(rounds=3, seconds=0.0, turn=0.0))
    assert done == [*"ab", *"ab" * 3]
    assert [list(parts) for parts in rounds.parts] == [["a", "b"]] * 3


def test_a_short_work_fills_its_turn():
    done = []
    rounds = alternate([lambda: done.append(1) or {"a": 2.0}], Patience(rounds=1, seconds=0.0, turn=0.01))
    assert len(done) > 10
    assert rounds.parts == [{"a": 2.0}]


def test_the_ratio_is_the_median_of_those_within_a_round():
    # the machine was ten times slower in the last round: both alike
    rounds = Rounds([{"a": 1.0, "b": 2.0}, {"a": 1.0, "b": 3.0}, {"a": 10.0, "b": 40.0}])
    assert rounds.ratio(lambda parts: parts["b"] / parts["a"]) == Ratio(3.0, 2.5, 3.5)
    assert (rounds.seconds("a"), rounds.seconds("a", "b"), rounds.fastest("b")) == (1.0, 4.0, 2.0)
    assert Rounds([{"a": 2.0}]).ratio(lambda parts: parts["a"]) == Ratio(2.0, 2.0, 2.0)
    assert share_of(10.0, 5.0, rounds, "b") == Ratio(0.25, 5 / 3 / 10, 0.25)


def test_what_was_wanted_stands_beside_what_was_measured():
    ratio = Ratio(1.4999, 1.4, 1.6)
    row = Comparison("step", "a", "ms", 12.34567, 18502.0, ratio, Wanted(1.5), 1e-7)
    assert row.row() == ("step", "a", "ms", 12.35, 18500, 1.5, 1.4, 1.6, ">= 1.5", "not met", "1.0e-07")
    assert len(row.row()) == len(COLUMNS)
    least = Comparison("step", "b", ratio=ratio, wanted=Wanted(1.15, most=True))
    ours = Comparison("call", "c", "us", 11.0, wanted=Wanted(12, most=True, of_ours=True))
    absent = Comparison("call", "d: not installed", wanted=Wanted(1.5))
    assert [each.row()[-3:] for each in (least, ours, absent)] == [
        ("<= 1.15", "not met", ""), ("ours <= 12", "met", ""), (">= 1.5", "", "")
    ]  # fmt: skip
    assert verdict([row, least, ours, absent]) == "1 of 3 wanted numbers met"


def test_the_geometric_mean_is_of_one_part():
    rows = [Comparison(part, "", ratio=Ratio(value, 0, 0)) for part, value in (("a", 1.0), ("a", 4.0), ("b", 9.0))]
    mean = geometric_mean("a", rows, Wanted(1.5))
    assert mean.ratio == Ratio(pytest.approx(2.0), 1.0, 4.0)
    assert mean.met


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        (torch.tensor([1.0, 2.001]), "ours: y is off by 5.0e-04 of its largest value"),
        (torch.tensor([1.0, math.nan]), "ours: y is off by nan"),
        (torch.zeros(3), r"y should be \[2\] and is \[3\]"),
    ],
)
def test_a_wrong_result_is_refused(value, sentence):
    right = {"y": torch.tensor([1.0, 2.0], dtype=torch.float64)}
    with pytest.raises(BackendError, match=sentence):
        largest_difference("ours", right, {"y": value})
    with pytest.raises(BackendError, match="y should be"):
        largest_difference("ours", right, {})
    assert largest_difference("ours", right, {"y": right["y"].float()}) == 0


def test_the_machine_is_described_and_its_limits_measured(monkeypatch, tmp_path):
    monkeypatch.setattr(_machine, "SIDES", (16, 32))
    monkeypatch.setattr(_machine, "MEMORY_BYTES", 1 << 16)
    monkeypatch.setattr(_machine, "CACHES", tmp_path)
    monkeypatch.setattr(_machine, "USUAL_CACHE", 1 << 14)
    before = torch.get_num_threads()
    with _machine.team(1) as threads:
        limits, described = _machine.limits(), _machine.described()
    assert (threads, described["threads"], torch.get_num_threads()) == (1, 1, before)
    assert described["OMP_WAIT_POLICY"] == os.environ["OMP_WAIT_POLICY"]
    assert limits.best_side in (16, 32)
    assert min(limits.memory, limits.cache, *limits.sgemm.values()) > 0
    assert all(value >= 0 for value in limits.told().values())


def test_the_largest_cache_is_the_last(monkeypatch, tmp_path):
    for index, size in enumerate(("32K", "1024K", "32M", "odd")):
        (tmp_path / f"index{index}").mkdir()
        (tmp_path / f"index{index}" / "size").write_text(f"{size}\n")
    monkeypatch.setattr(_machine, "CACHES", tmp_path)
    assert _machine.last_level_cache() == 32 << 20


@pytest.mark.parametrize(("ending", "start"), [("png", b"\x89PNG"), ("svg", b"<?xml")])
def test_ratios_are_drawn(tmp_path, ending, start):
    rows = [
        Comparison("a", "one", ratio=Ratio(2.0, 1.5, 2.5), wanted=Wanted(1.5)),
        Comparison("a", "no ratio", wanted=Wanted(1.5)),
        Comparison("b", "two", ratio=Ratio(0.5, 0.5, 0.6)),
    ]
    path = _ratio_picture.draw(tmp_path / "new" / f"ratios.{ending}", "Title", rows)
    assert path.read_bytes().startswith(start)
