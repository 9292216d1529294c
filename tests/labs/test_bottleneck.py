"""The lab `bottleneck`: it trains what is missing, measures given runs, and its sentences follow the numbers."""

import json

import pytest

from weft.errors import ConfigError, DataError
from weft.labs import bottleneck
from weft.labs._contract import LabOptions
from weft.labs._copying import COPY, REVERSE, Copying, texts_to_measure, write_parts
from weft.labs._results import FILE
from weft.labs._translators import WORDS, apart, parts_by_length, texts_of
from weft.labs.bottleneck import plan, report
from weft.labs.bottleneck.plan import Size
from weft.metrics import Difference

SMALL = Size(Copying((3, 5), (3, 5, 7), count=60, held_out=10, texts=12), updates=1, hidden=4, seeds=1)


@pytest.fixture
def small(monkeypatch):
    """Networks of four units and one update."""
    monkeypatch.setattr(plan, "DEFAULT", SMALL)


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """The folder of a lab that was run to its end, and its report."""
    folder = tmp_path_factory.mktemp("bottleneck")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(plan, "DEFAULT", SMALL)
        return folder, bottleneck.run(options(folder))


def options(folder, **more):
    return LabOptions(
        **{"out": folder, "full": False, "seed": 1, "progress": lambda line, left: None, "threads": 1, **more}
    )


def test_default_trains_both_tasks_and_goes_on_where_it_stopped(trained, small):
    folder, whole = trained
    assert [row[:5] for row in whole.rows] == [
        (task, 1, length, seen, 12)
        for task in (COPY, REVERSE)
        for length, seen in (("3", "yes"), ("5", "yes"), ("7", "no"))
    ]
    assert whole.columns[5:] == (plan.WITHOUT, plan.WITH, f"{plan.WITH} - {plan.WITHOUT}")
    assert whole.pictures[0].read_bytes().startswith(b"\x89PNG")
    assert [row[4] for row in whole.tables[0].rows] == [1, 1, 1, 1]
    lines = (folder / FILE).read_text().splitlines(keepends=True)
    assert len(lines) == 5
    (folder / FILE).write_text("".join(lines[:4]))
    said = []
    again = bottleneck.run(options(folder, progress=lambda line, left: said.append(line)))
    assert said[0] == f"3 of 4 trainings are in {folder / FILE}"
    assert len(said) == 2
    assert (again.rows, again.sentences) == (whole.rows, whole.sentences)


def test_given_runs_are_measured_on_given_pairs(trained, tmp_path, small):
    runs = tuple(trained[0] / "copy-seed1" / name for name in ("fixed-vector", "attention"))
    pairs = tmp_path / "pairs.tsv"
    pairs.write_text("source\ttarget\n" + "".join(f"{'ab' * n}\t{'ab' * n}\n" for n in range(1, 9)))
    made = bottleneck.run(options(tmp_path / "given", runs=runs, pairs=(str(pairs),)))
    assert {row[0] for row in made.rows} == {"pairs.tsv"}
    assert sum(row[4] for row in made.rows) == 8
    assert made.columns[5:] == ("fixed-vector", "attention", "attention - fixed-vector")
    assert len(made.sentences) == 1
    # Without pairs: the lab's own strings, of which nobody says what was trained on.
    own = bottleneck.run(options(tmp_path / "own", runs=runs))
    assert {row[3] for row in own.rows} == {None}


def test_sentences_of_a_data_folder_are_scored_by_bleu(tmp_path, monkeypatch):
    folder = tmp_path / "multi30k"
    folder.mkdir()
    words = ["one dog", "two dogs run", "three dogs run there now", "a man", "a man and a dog sit", "we", "they go"]
    for part in ("train", "val", "test2016"):
        for side in ("en", "de"):
            text = "".join(f"{line}\n" for line in words * 3)
            path = folder / f"{part}.{side}{plan.PARTS[part]}"
            if path.suffix == ".gz":
                import gzip

                path.write_bytes(gzip.compress(text.encode()))
            else:
                path.write_text(text)
    tiny = ("data.max_symbols=262", "embedding.size=4", "encoder.hidden=4", "decoder.hidden=4", "decoder.readout=4")
    monkeypatch.setattr(plan, "DATA_SETTINGS", (*tiny, "decoding.beam=1", "training.max_steps=2"))
    monkeypatch.setattr(plan, "DATA_EPOCHS", 1)
    made = bottleneck.run(options(tmp_path / "out", data=tmp_path))
    assert {row[0] for row in made.rows} == {"multi30k en-de"}
    assert any("BLEU" in note for note in made.notes)
    parameters = {row[2]: row[3] for row in made.tables[0].rows}
    assert parameters[plan.WITH] > parameters[plan.WITHOUT]


def test_options_that_do_not_fit_together_are_told(tmp_path):
    with pytest.raises(ConfigError, match="--pairs names texts"):
        bottleneck.run(options(tmp_path, pairs=("a.tsv",)))
    with pytest.raises(ConfigError, match="two or more, got 1"):
        bottleneck.run(options(tmp_path, runs=(tmp_path,)))
    with pytest.raises(DataError, match=r"does not hold multi30k/train\.en\.gz"):
        bottleneck.run(options(tmp_path, data=tmp_path))


def test_a_run_given_twice_is_told(trained, tmp_path):
    run = trained[0] / "copy-seed1" / "attention"
    with pytest.raises(ConfigError, match="given twice"):
        bottleneck.run(options(tmp_path / "a", runs=(run, run)))


def test_strings_to_measure_on_stand_in_no_training_part(tmp_path):
    texts = texts_to_measure(REVERSE, SMALL.strings, 1)
    train, valid = write_parts(tmp_path, REVERSE, SMALL.strings, 1)
    known = {line.split(",")[0] for path in (train, valid) for line in path.read_text().splitlines()[1:]}
    assert len(known) == 70
    assert not known & {source for source, _ in texts.pairs}
    assert all(target == source[::-1] for source, target in texts.pairs)
    assert {len(texts.pairs[row][0]) for row in texts.parts[2].rows} == {7}


def test_texts_are_divided_by_length_and_equal_lengths_stay_together(tmp_path):
    parts = parts_by_length([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
    assert [part.name for part in parts] == ["1-2", "3-4", "5-6", "7-8", "9-10"]
    assert [part.rows for part in parts_by_length([3, 3, 3, 3, 9])] == [(0, 1, 2, 3), (4,)]
    assert [part.name for part in parts_by_length([4, 4])] == ["4"]
    path = tmp_path / "some.tsv"
    path.write_text("source\ttarget\na dog\tein Hund\n\tnichts\n")
    texts = texts_of("some", path)
    assert (texts.unit, texts.metric, texts.pairs) == (WORDS, "bleu", (("a dog", "ein Hund"),))


def found(value, low, high):
    return Difference("exact-match", value, low, high, 1.0, 100, 50, "")


def test_the_change_of_two_differences_has_the_interval_of_both():
    value, low, high = apart(found(0.1, 0.0, 0.2), found(0.5, 0.4, 0.6))
    assert value == pytest.approx(0.4)
    assert (low, high) == (pytest.approx(0.4 - 0.02**0.5), pytest.approx(0.4 + 0.02**0.5))


def measured(shares):
    """Texts of two lengths of 40 each, and records that have so many of each right."""
    texts = texts_to_measure(COPY, Copying((3, 5), (3, 5, 7), count=60, held_out=10, texts=40), 1)
    records = {}
    for name, right in shares.items():
        written = [source if place % 40 < right[place // 40] else "" for place, (source, _) in enumerate(texts.pairs)]
        records[name] = {"written": written, "parameters": 5, "updates": 3, "seconds": 0.5}
    return report.Measured(texts, 1, records)


@pytest.mark.parametrize(
    ("without", "verdict"),
    [((38, 2, 0), "the gap grows with length, by +90.0"), ((38, 38, 0), "cannot be told from chance"),
     ((2, 38, 0), "the gap shrinks with length, by -90.0")],
)  # fmt: skip
def test_the_sentences_follow_from_the_numbers(without, verdict):
    made = report.make([measured({"fixed vector": without, "attention": (40, 40, 10)})], ())
    growth, unseen = made.sentences
    assert growth.startswith("copy, seed 1: attention against fixed vector,")
    assert verdict in growth
    assert "not in training (7 characters): at 7, fixed vector 0.0 " in unseen
    assert "attention 25.0" in unseen
    assert "may be chance" not in unseen
    assert made.rows[0][5].startswith("95.0 (") == (without[0] == 38)
    assert json.dumps(made.rows)
