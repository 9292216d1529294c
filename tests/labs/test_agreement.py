"""The lab `agreement` from end to end, with the smallest of models: built-in, on given data, resumed, and refused."""

import gzip
import json

import pytest

from weft.errors import ConfigError, DataError, RunError
from weft.labs import agreement
from weft.labs._contract import LabOptions
from weft.labs._results import FILE
from weft.labs.agreement import built_in, data_sets, models, plan
from weft.labs.agreement.judging import RunJudge

TINY = {
    "task": "language-model",
    "data": {"tokenizer": "word", "lowercase": True, "window": 8},
    "embedding": {"size": 4},
    "encoder": {"hidden": 4},
    "training": {"epochs": 1, "batch_size": 4, "max_steps": 3},
}
NUMBERS = {**TINY, "task": "classify", "data": {"tokenizer": "word"}}
LINZEN = "target_index\tcorrect\twrong\tn_attractors\tsentence\n"


@pytest.fixture
def tiny(monkeypatch):
    """Two cells become one, and every model one of four units and a few updates."""
    monkeypatch.setattr(built_in, "DEFAULT", built_in.Size(pairs=2, sentences=1000, subjects=40))
    monkeypatch.setattr(models, "NETWORK", TINY)
    monkeypatch.setattr(models, "NUMBER_PREDICTION", NUMBERS)
    monkeypatch.setattr(plan, "CELLS", ("elman",))
    monkeypatch.setattr(plan, "SEEDS", 1)


@pytest.fixture
def data(tmp_path):
    """A data folder with a few agreement sentences, the colorless ones, and a treebank of two words."""
    rows = [
        f"{2 + 2 * attractors}\t{good}\t{bad}\t{attractors}\t{n} {noun}{attractors * f' near {other}'} {good} old .\n"
        for noun, other, good, bad in (("dog", "cats", "is", "are"), ("dogs", "cat", "are", "is"))
        for n, attractors in enumerate((0, 1, 0, 1, 1, 1, 0, 0))
    ]
    files = {
        data_sets.TRAINING: LINZEN + "".join(rows),
        data_sets.SETS["linzen"]: LINZEN + "".join(rows[3:11]),
        data_sets.SETS[
            "colorless"
        ]: "type\ttarget_index\tcorrect\twrong\tprefix\tsentence\no\t1\tis\tare\tdog\tdog is .\n",
        data_sets.TREEBANK: "".join(
            f"1\t{word}\t_\t_\t{tag}\t_\t0\t_\t_\t_\n\n" for word, tag in (("near", "IN"), ("cat", "NN"))
        ),
    }
    for name, text in files.items():
        path = tmp_path / "data" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(gzip.compress(text.encode()) if name.endswith(".gz") else text.encode())
    return tmp_path / "data"


def options(out, **given):
    said = given.pop("said", [])
    return LabOptions(out, full=False, seed=1, progress=lambda line, left: said.append(line), threads=1, **given)


def test_built_in_pairs_are_measured_beside_a_trigram_and_a_stopped_lab_goes_on(tmp_path, tiny, monkeypatch):
    said = []
    whole = agreement.run(options(tmp_path, said=said))
    assert whole.columns == ("pairs", "part", "n", "elman", "trigram", "number prediction")
    assert whole.rows[0][:3] == ("built-in", "all", 4 + 2 * 13 + 2)
    assert whole.tables[0].rows[2][0] == "My dog, whom I adopted in 2009, [chases/chase]"
    assert {path.name for path in whole.pictures} == {"built-in.png"}
    assert [line for line in said if "trained" in line][-1].startswith("3 of 3 trained")
    results = tmp_path / FILE
    lines = results.read_text().splitlines(keepends=True)
    assert [json.loads(line).get("judge") for line in lines] == [None, "elman", "trigram", "number prediction"]
    results.write_text("".join(lines[:2]) + lines[2][:40])
    judged = []
    judge = RunJudge.judge
    monkeypatch.setattr(RunJudge, "judge", lambda self, *given: judged.append(self.name) or judge(self, *given))
    said.clear()
    again = agreement.run(options(tmp_path, said=said))
    assert judged == ["trigram", "number prediction"]
    assert (again.rows, again.tables, again.sentences) == (whole.rows, whole.tables, whole.sentences)
    assert results.read_text() == "".join(lines)
    assert not [line for line in said if "trained" in line]


def test_a_given_run_and_given_pairs_are_measured_and_nothing_is_trained(tmp_path, tiny, language_model_run):
    pairs = tmp_path / "mine.tsv"
    pairs.write_text("prefix\tgood\tbad\na warm play\tand\tand and\nfine\tfilm\tfun\n")
    report = agreement.run(options(tmp_path / "lab", runs=(language_model_run,), pairs=(str(pairs),)))
    assert report.columns == ("pairs", "part", "n", "language-model")
    assert [row[:3] for row in report.rows] == [("mine.tsv", "all", 2)]
    assert report.tables == ()
    assert sorted(path.name for path in (tmp_path / "lab").iterdir()) == ["mine.tsv.png", FILE]


def test_a_model_that_does_not_know_the_words_is_refused(tmp_path, language_model_run):
    pairs = tmp_path / "foreign.tsv"
    pairs.write_text("prefix\tgood\tbad\nсобака\tбежит\tбегут\n")
    with pytest.raises(DataError, match=r"foreign\.tsv: \d+% of the words are unknown to language-model"):
        agreement.run(options(tmp_path / "lab", runs=(language_model_run,), pairs=(str(pairs),)))


def test_pairs_that_no_model_knows_are_refused_and_beside_others_told(tmp_path, language_model_run):
    strange, known = tmp_path / "strange.tsv", tmp_path / "known.tsv"
    strange.write_text("prefix\tgood\tbad\na good film\tzörb\tzärb\na good film\tzürb\tzörb\n")
    known.write_text("prefix\tgood\tbad\na good\tfilm\tfilm film\n")
    with pytest.raises(DataError) as told:
        agreement.run(options(tmp_path / "lab", runs=(language_model_run,), pairs=(str(strange),)))
    assert str(told.value) == (
        "strange.tsv: 0 of 2 pairs can be compared: language-model does not know the words in which they differ"
        " (zörb, zärb, …)"
    )
    both = options(tmp_path / "both", runs=(language_model_run,), pairs=(str(strange), str(known)))
    for report in (agreement.run(both), agreement.run(both)):
        assert [row[:3] for row in report.rows] == [("known.tsv", "all", 1)]
        assert report.sentences[0] == "strange.tsv: no pair is left whose words every model knows."
        assert report.notes[-1] == (
            "strange.tsv, language-model: of 2 pairs 2 left out, since it does not know the words in which they differ"
        )


def test_both_ways_on_the_agreement_sentences(tmp_path, tiny, data):
    report = agreement.run(options(tmp_path / "lab", data=data))
    assert report.columns == ("pairs", "part", "n", "elman", "trigram", "number prediction")
    assert {row[0] for row in report.rows} == {"linzen"}
    assert [row[1] for row in report.rows][:4] == ["all", "attractors 0", "attractors 1", "last noun balanced"]
    (numbers,) = report.tables
    assert numbers.title.startswith("linzen: number prediction")
    assert [row[0] for row in numbers.rows] == [
        "n", "LSTM, seed 1", "LSTM, mean of 1", "LSTM, their votes together", "last noun", "opposite of the last noun",
        "majority of nouns", "always plural",
    ]  # fmt: skip
    assert any("number in 100.0% of the sentences without attractors" in note for note in report.notes)


def test_given_runs_are_measured_on_every_set_there_is_and_shortcuts_need_a_treebank(tmp_path, tiny, data):
    (data / data_sets.TREEBANK).unlink()
    first = agreement.run(options(tmp_path / "lab", data=data))
    assert [row[0] for row in first.tables[0].rows] == [
        "n", "LSTM, seed 1", "LSTM, mean of 1", "LSTM, their votes together",
    ]  # fmt: skip
    run = tmp_path / "lab" / "linzen-seed1" / "elman"
    report = agreement.run(options(tmp_path / "lab", data=data, runs=(run,)))
    assert (report.columns, report.tables) == (("pairs", "part", "n", "elman"), ())
    assert {row[0] for row in report.rows} == {"linzen", "colorless"}
    assert any(f"does not hold {data_sets.TREEBANK}" in note for note in report.notes)
    only = agreement.run(options(tmp_path / "lab", data=data, runs=(run,), pairs=("colorless",)))
    assert (only.columns, only.tables) == (("pairs", "part", "n", "elman"), ())


def test_beside_given_runs_nothing_is_trained_and_the_balanced_part_is_shown(tmp_path, data, language_model_run):
    (data / data_sets.TRAINING).unlink()
    planned = plan.make(options(tmp_path / "lab", data=data, runs=(language_model_run,), pairs=("linzen",)))
    assert (planned.models, planned.numbers) == ((), ())
    assert [name for name, _ in planned.sets[0].slices] == ["last noun balanced"]
    assert not (tmp_path / "lab").exists()


def test_sets_that_are_not_there_are_told(tmp_path, data):
    with pytest.raises(DataError, match=r"data does not hold blimp/blimp\.jsonl\.gz"):
        agreement.run(options(tmp_path, data=data, pairs=("blimp",)))
    with pytest.raises(DataError, match="holds none of the sets of pairs: agreement_linzen"):
        agreement.run(options(tmp_path, data=tmp_path, runs=(tmp_path,)))
    with pytest.raises(ConfigError, match="--pairs blimp is a set of the data folder, and none was given"):
        agreement.run(options(tmp_path, pairs=("blimp",)))
    with pytest.raises(ConfigError, match="--pairs blmp: neither a file nor a set of pairs, did you mean 'blimp'"):
        agreement.run(options(tmp_path, pairs=("blmp",)))
    (data / data_sets.TRAINING).unlink()
    with pytest.raises(DataError, match=f"data does not hold {data_sets.TRAINING}"):
        agreement.run(options(tmp_path, data=data))


def test_a_folder_of_another_lab_is_left_alone(tmp_path, language_model_run):
    (tmp_path / FILE).write_text('{"lab": "gradients"}\n')
    with pytest.raises(RunError, match="holds no results of this lab"):
        agreement.run(options(tmp_path, runs=(language_model_run,)))
