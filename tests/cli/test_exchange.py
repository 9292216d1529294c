"""n-gram models at the command line: trained, written as ARPA, read again; what does not fit is told."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

import weft as package
from weft.cli._exit_codes import BAD_INPUT, INTERRUPTED
from weft.tasks.ngram.task import NGramTask

ARPA = r"""
\data\
ngram 1=4
ngram 2=2

\1-grams:
-1.0	<unk>
-99	<s>	-0.3
-0.5	</s>
-0.4	film	-0.2

\2-grams:
-0.2	<s> film
-0.1	film </s>

\end\
"""


@pytest.fixture(scope="module")
def trigram(tmp_path_factory, lines) -> Path:
    """A trigram of words; nothing here changes it."""
    out = tmp_path_factory.mktemp("runs") / "trigram"
    package.train("trigram", train=lines, valid=lines, out=out)
    return out


@pytest.fixture
def arpa(tmp_path) -> Path:
    """A bigram of one word, written elsewhere."""
    path = tmp_path / "film.arpa"
    path.write_text(ARPA.lstrip(), encoding="utf-8")
    return path


def scored(done) -> list[dict]:
    assert done.code == 0, done.err
    return [json.loads(line) for line in done.out.splitlines()]


def test_a_trigram_trains_with_one_command(weft, lines, tmp_path):
    out = tmp_path / "run"
    done = weft("train", "trigram", "--train", lines, "--valid", lines, "--out", out, "--seed", "3", "--threads", "1")
    assert done.code == 0
    assert f"{out}: on the validation part\nmeasure" in done.out
    assert "\n3-grams: " in done.out
    assert f"{out}: ngram, reading the data\n" in done.err
    assert "made in closed form in " in done.err
    assert f"next:\n  weft evaluate {out} FILE\n  weft generate {out}\n  weft score {out} FILE\n" in done.err
    again = weft("train", "trigram", "--train", lines, "--valid", lines, "--out", out, "--seed", "3", "--resume")
    assert again.code == 0
    assert "has finished training (fitted); there is nothing to resume" in again.err


def test_ctrl_c_leaves_nothing(weft, lines, tmp_path, monkeypatch):
    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(NGramTask, "fit", interrupted)
    done = weft("train", "trigram", "--train", lines, "--out", tmp_path / "run")
    assert (done.code, done.out) == (INTERRUPTED, "")
    assert "interrupted before the model was whole: nothing is kept" in done.err
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        (("--time-limit", "5s"), "a time limit cannot end a model of task 'ngram' early"),
        (("--init", "runs/other"), "--init runs/other: a model of task 'ngram' follows from its text alone"),
        (("--set", "training.epochs=3"), "training.epochs: unknown key; known here: watch, seed, threads, device"),
        (("--device", "cuda"), "training.device: input should be 'auto' or 'cpu', got 'cuda'"),
    ],
)
def test_what_a_trigram_does_not_take_is_told(weft, lines, tmp_path, more, sentence):
    done = weft("train", "trigram", "--train", lines, "--out", tmp_path / "run", *more)
    assert (done.code, done.out) == (BAD_INPUT, "")
    assert sentence in done.err
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("settings", [(), ("data.tokenizer=char",), ("data.lowercase=true", "model.order=2")])
def test_out_and_in_again_scores_the_same(weft, lines, tmp_path, settings):
    run, file, back = tmp_path / "run", tmp_path / "model.arpa.gz", tmp_path / "back"
    package.train("trigram", train=lines, valid=lines, out=run, settings=settings)
    done = weft("export", run, "--format", "arpa", "--out", file)
    assert (done.code, done.out) == (0, "")
    assert f"{file} written" in done.err
    how = [setting for setting in ("data.tokenizer=word", *settings) if not setting.startswith("model.")]
    done = weft("import", "arpa", file, "--out", back, *(part for each in how for part in ("--set", each)))
    assert done.code == 0, done.err
    assert f"  weft score {back} FILE" in done.err
    texts = b"a warm film\n\na Cold zebra\n"
    first, second = (scored(weft("score", each, stdin=texts)) for each in (run, back))
    assert [row["logp"] for row in first] == pytest.approx([row["logp"] for row in second], rel=1e-6)
    assert [row["unknown"] for row in first] == [row["unknown"] for row in second]


def test_an_imported_run_is_used_like_any_other(weft, lines, arpa, tmp_path):
    out = tmp_path / "run"
    done = weft("import", "arpa", arpa, "--out", out)
    assert done.code == 0
    assert "note: texts are cut by tokenizer 'whitespace' and read in their own case\n" in done.err
    assert "note: no word has an upper-case letter: --set data.lowercase=true lowers texts first\n" in done.err
    (row,) = scored(weft("score", out, stdin=b"film\n"))
    assert row["logp"] == pytest.approx(-0.3 * 2.302585093)
    assert weft("evaluate", out, lines).code == 0
    assert weft("generate", out, "--length", "3", "--seed", "1").code == 0
    assert weft("verify", out, lines, "--texts", "3").code == 0
    done = weft("verify", out)
    assert done.code == BAD_INPUT
    assert "what was imported has none" in done.err
    card = (out / "README.md").read_text()
    assert "A model of task `ngram`, imported with Weft" in card
    assert "It came without any measures" in card
    assert "`film.arpa` (sha256 `" in card


def test_words_in_one_case_are_noticed(weft, arpa, tmp_path):
    arpa.write_text(ARPA.lstrip().replace("film", "FILM"), encoding="utf-8")
    done = weft("import", "arpa", arpa, "--out", tmp_path / "run")
    assert "note: no word has a lower-case letter: give texts in upper case, as the file's were\n" in done.err
    done = weft("import", "arpa", arpa, "--out", tmp_path / "lowered", "--set", "data.lowercase=true")
    assert "note: no word has a lower-case letter, so that of lowered texts every word is unknown\n" in done.err


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        (("arap", "film.arpa"), "unknown importer 'arap', did you mean 'arpa'?"),
        (("arpa", "film.arpa", "film.arpa"), "an ARPA model is one file, got 2: "),
        (("arpa", "none.arpa"), "no such file: none.arpa"),
        (("arpa", "lines.txt"), "lines.txt:1: not an ARPA file: expected \\data\\, got 'a fine film'"),
        (("arpa", "film.arpa", "--set", "data.tokenizer=bpe"), "data.tokenizer = 'bpe' learns its pieces from text"),
        (
            ("arpa", "film.arpa", "--set", "data.tokenizer=byte"),
            "film.arpa: 256 symbols of tokenizer 'byte' are missing",
        ),
        (("arpa", "film.arpa", "--set", "data.tokenizr=word"), "data.tokenizr: unknown key, did you mean 'tokenizer'?"),
        (("arpa", "eol.arpa"), "eol.arpa: the symbol '<eol>' has a meaning of its own with tokenizer 'whitespace'"),
    ],
)
def test_what_cannot_be_imported_is_told(weft, lines, arpa, tmp_path, monkeypatch, more, sentence):
    monkeypatch.chdir(tmp_path)
    shutil.copy(lines, "lines.txt")
    Path("eol.arpa").write_text(ARPA.lstrip().replace("film", "<eol>"), encoding="utf-8")
    done = weft("import", *more, "--out", "run")
    assert (done.code, done.out) == (BAD_INPUT, "")
    assert sentence in done.err
    assert not Path("run").exists()


def test_a_folder_in_the_way_is_refused(weft, trigram, arpa):
    done = weft("import", "arpa", arpa, "--out", trigram)
    assert done.code == BAD_INPUT
    assert "already holds a run; nothing was changed\nhint: choose another folder with --out\n" in done.err
    assert package.load(trigram).config.model.order == 3


def test_what_cannot_be_exported_is_told(weft, trigram, classifier_run, language_model_run, tmp_path):
    out = tmp_path / "file.arpa"
    for run, task in ((classifier_run, "classify"), (language_model_run, "language-model")):
        done = weft("export", run, "--format", "arpa", "--out", out)
        assert done.code == BAD_INPUT
        assert f"a run of task '{task}' holds no n-grams, and an ARPA file nothing else" in done.err
    done = weft("export", trigram, "--format", "arap", "--out", out)
    assert "unknown export format 'arap', did you mean 'arpa'?" in done.err
    assert not out.exists()
    out.write_text("mine")
    done = weft("export", trigram, "--format", "arpa", "--out", out)
    assert done.code == BAD_INPUT
    assert f"{out} is there already" in done.err
    assert out.read_text() == "mine"
    assert weft("export", trigram, "--format", "arpa", "--out", out, "--force").code == 0
    assert out.read_text().startswith("\\data\\\nngram 1=")


def test_other_commands_say_what_an_ngram_model_lacks(weft, trigram):
    done = weft("predict", trigram, stdin=b"a film\n")
    assert (done.code, done.out) == (BAD_INPUT, "")
    assert "a model of task 'ngram' does not predict; use generate or score" in done.err
    done = weft("explain", trigram, "--kind", "gates", "--text", "a film")
    assert done.code == BAD_INPUT
    assert "a run of task 'ngram' has no recurrent encoder" in done.err
    done = weft("generate", trigram, "--precision", "int8")
    assert done.code == BAD_INPUT
    assert "precision 'int8' cannot run here: an n-gram model is looked up" in done.err
