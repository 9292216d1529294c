"""``weft data sample``: built-in samples as files."""

from weft.cli._exit_codes import BAD_INPUT


def test_a_sample_is_written_and_its_files_are_named(weft, tmp_path):
    done = weft("data", "sample", "verse", "--out", tmp_path / "verse")
    assert (done.code, done.err) == (0, "")
    assert done.out.splitlines() == [str(tmp_path / "verse" / f"{part}.txt") for part in ("train", "valid", "test")]
    train = (tmp_path / "verse" / "train.txt").read_text(encoding="utf-8")
    assert all(stanza.strip().count("\n") == 3 for stanza in train.split("\n\n"))
    weft("data", "sample", "verse", "--out", tmp_path / "other", "--seed", "2")
    assert (tmp_path / "other" / "train.txt").read_text(encoding="utf-8") != train


def test_a_sample_that_there_is_not(weft, tmp_path):
    done = weft("data", "sample", "vers", "--out", tmp_path)
    assert (done.code, done.out) == (BAD_INPUT, "")
    assert "unknown sample 'vers', did you mean 'verse'?" in done.err
    assert "known samples: " in done.err
