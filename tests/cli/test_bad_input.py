"""What a translator is given wrong: one sentence where, and what is allowed; and what is odd but has an answer."""

from __future__ import annotations

import json
import shutil

import pytest


def rows(done):
    return [json.loads(line) for line in done.out.splitlines()]


def test_files_that_lose_step_are_told_where(weft, tmp_path):
    for name, lines in (("a.en", 7), ("a.de", 4)):
        (tmp_path / name).write_text("".join(f"line {number}\n" for number in range(lines)), encoding="utf-8")
    done = weft("train", "tiny-translate", "--train", f"{tmp_path}/a.en:{tmp_path}/a.de", "--out", tmp_path / "run")
    assert done.code == 2
    assert "a.en:5: this line has no partner" in done.err
    assert "has 7 lines" in done.err
    assert "a.de has 4" in done.err


def test_empty_lines_are_answered_in_their_place(weft, translator_run):
    found = rows(weft("predict", translator_run, "--alternatives", 1, stdin=b"a dog\n\n\nso\n"))
    assert [bool(row["translation"]) for row in found] == [True, False, False, True]


@pytest.mark.parametrize("options", [[], ["--alignment"], ["--beam", 1], ["--samples", 1]])
def test_a_line_of_5000_words_is_cut_and_says_so(weft, translator_run, options):
    long = " ".join(["dog"] * 5000)
    done = weft("predict", translator_run, "--alternatives", 1, *options, stdin=f"{long}\na dog\n".encode())
    first, second = rows(done)
    assert first["cut_at"] == 100
    assert len(first["translation"]) <= 2 * 100 + 20
    assert "cut_at" not in second


def test_characters_never_seen_have_an_answer(weft, translator_run):
    text = "日本語 🎉\n\u202e\ufeff\u0000a\n\ud7ff\U0010ffff\n"
    done = weft("predict", translator_run, "--alternatives", 1, stdin=text.encode())
    assert done.code == 0
    assert len(rows(done)) == 3
    assert all("<unk>" not in row.get("translation", "") for row in rows(done))


def test_bytes_that_are_no_text_are_one_error_in_place(weft, translator_run):
    done = weft("predict", translator_run, "--alternatives", 1, stdin=b"a dog\n\xff\xfe\xfa\nso\n")
    assert len(rows(done)) == 3
    assert done.code == 0


@pytest.fixture(scope="module")
def pieces_run(tmp_path_factory, paired):
    import weft

    out = tmp_path_factory.mktemp("pieces") / "run"
    settings = ["data.tokenizer=bpe", "data.max_symbols=300", "training.max_steps=1", "decoding.beam=1"]
    weft.train("tiny-translate", train=paired, valid=paired, out=out, settings=settings)
    return out


def _without_merges(values):
    values["core"]["model"]["merges"] = [["\u0120", "nowhere"]]


def _without_pieces(values):
    del values["core"]["model"]["vocab"]


def _foreign_piece(values):
    vocabulary = values["core"]["model"]["vocab"]
    vocabulary["日本"] = vocabulary.pop(max(vocabulary, key=vocabulary.__getitem__))
    values["core"]["model"]["merges"] = values["core"]["model"]["merges"][:-1]


def _without_core(values):
    del values["core"]


@pytest.mark.parametrize("damage", [_without_merges, _without_pieces, _foreign_piece, _without_core])
def test_a_broken_bpe_model_is_a_damaged_run(weft, pieces_run, tmp_path, damage):
    run = tmp_path / "run"
    shutil.copytree(pieces_run, run)
    document = json.loads((run / "vocabulary.json").read_text(encoding="utf-8"))
    damage(document["source"]["tokenizer"])
    (run / "vocabulary.json").write_text(json.dumps(document), encoding="utf-8")
    done = weft("predict", run, stdin=b"a dog\n")
    assert (done.code, done.out) == (2, "")
    assert "vocabulary.json" in done.err
    assert "damaged" in done.err
    assert "Traceback" not in done.err


def test_a_beam_of_nothing_is_refused_by_the_recipe_too(weft, paired, tmp_path):
    done = weft("train", "tiny-translate", "--train", paired, "--out", tmp_path / "run", "--set", "decoding.beam=0")
    assert done.code == 2
    assert "decoding.beam" in done.err
    assert not (tmp_path / "run").exists()
