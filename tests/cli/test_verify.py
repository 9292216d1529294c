"""weft verify: the table, the files it writes, its exit codes."""

import hashlib
import json
import shutil

import pytest

from weft.cli._exit_codes import BAD_INPUT, FAILED
from weft.tasks.classify.model import Classifier

from opinions import write_lines


@pytest.fixture
def run(classifier_run, tmp_path):
    """A classifier's run that may be changed; beside the other, so that it finds its texts as that one does."""
    return shutil.copytree(classifier_run, classifier_run.parent / tmp_path.name)


def test_a_sound_run_gets_its_certificate(weft, run):
    done = weft("verify", run, "--texts", "20")
    assert done.code == 0, done.err
    lines = done.out.splitlines()
    assert lines[0].split() == ["way", "arithmetic", "largest", "allowed", "changed", "verdict", "seconds"]
    assert max(map(len, lines)) <= 100
    assert "streamed: not applicable, the encoder is bidirectional" in done.out
    assert "ways of running give the same 20 labels on 20 texts of reviews.csv" in done.out.replace("\n", " ")
    written = json.loads((run / "certificate.json").read_text())
    assert (written["format"], written["verdict"], written["rows"]["texts"]) == (1, "pass", 20)
    assert written["weights"] == hashlib.sha256((run / "model.safetensors").read_bytes()).hexdigest()
    assert written["rows"]["sources"][0][0] == "reviews.csv"
    assert written["machine"]["threads"] == 1
    assert {"way", "verdict", "largest", "changed", "tolerance", "reason"} <= set(written["ways"][0])


def test_the_card_has_one_line_of_it(weft, run):
    before = (run / "README.md").read_text()
    assert before.count("**Certificate:** none yet; `weft verify classifier` makes one.") == 1
    for texts in ("5", "6"):
        assert weft("verify", run, "--texts", texts).code == 0
    after = (run / "README.md").read_text()
    assert after.count("**Certificate:**") == 1
    assert "same 6 labels on 6 texts" in after
    assert len(after.splitlines()) == len(before.splitlines())
    (run / "README.md").write_text("# an older card\n")
    weft("verify", run, "--texts", "5")
    assert (run / "README.md").read_text().startswith("# an older card\n\n**Certificate:** pass")
    (run / "README.md").unlink()
    assert weft("verify", run, "--texts", "5").code == 0
    assert not (run / "README.md").exists()


def test_a_broken_network_fails_and_is_told(weft, run, monkeypatch):
    real = Classifier.read

    monkeypatch.setattr(Classifier, "read", lambda self, *given: _leaking(real, self, *given))
    done = weft("verify", run, "--json", "--texts", "24")
    assert done.code == FAILED
    values = json.loads(done.out)
    assert values["verdict"] == "fail"
    assert values["faults"] == ["padding leaks into the result outside the recurrence"]
    assert json.loads((run / "certificate.json").read_text())["verdict"] == "fail"
    assert "**Certificate:** fail: " in (run / "README.md").read_text()


def _leaking(real, network, ids, lengths, state=None):
    y, after = real(network, ids, lengths, state)
    y[:, 0] += (ids.shape[1] - lengths).to(y.dtype)
    return y, after


def test_a_file_or_standard_input(weft, run, language_model_run, tmp_path):
    path = write_lines(tmp_path / "lines.txt", copies=1)
    done = weft("verify", run, path)
    assert done.code == 0
    assert "12 texts of lines.txt" in done.out
    done = weft("verify", shutil.copytree(language_model_run, tmp_path / "lm"), "-", stdin=b"a good film\n\n")
    assert done.code == 0
    assert "same 12 next symbols on 1 texts of standard input" in done.out.replace("\n", " ")
    assert "note: 1 row in all left out, unreadable or without a symbol" in done.err


@pytest.mark.parametrize(
    ("damage", "sentence"),
    [
        (lambda run: (run / "model.safetensors").write_bytes(b"x"), "damaged or not a safetensors file"),
        (lambda run: (run / "vocabulary.json").unlink(), "vocabulary.json: no such file"),
        (lambda run: (run / "metrics.json").write_text("{"), "metrics.json: damaged, not a JSON file"),
        (lambda run: (run / "metrics.json").unlink(), "metrics.json: no such file"),
        (shutil.rmtree, "no run at"),
    ],
)
def test_a_damaged_run_is_told(weft, run, damage, sentence):
    damage(run)
    done = weft("verify", run)
    assert (done.code, done.out) == (BAD_INPUT, "")
    assert sentence in done.err


def test_bad_files_are_told(weft, run, tmp_path):
    (tmp_path / "empty.txt").write_text("")
    for source, sentence in ((tmp_path / "none.csv", "no such file"), (tmp_path / "empty.txt", "empty.txt")):
        done = weft("verify", run, source)
        assert (done.code, done.out) == (BAD_INPUT, "")
        assert sentence in done.err
    assert not (run / "certificate.json").exists()
