"""Benchmarks of language models run from files to a table; the networks are tiny and learn nothing."""

import gzip

import pytest

from weft.benches import character_model, word_model
from weft.benches._contract import BenchOptions
from weft.benches._training import train_or_stop

from made import verse

SHORT = ("training.max_steps=2", "embedding.size=4", "encoder.hidden=4")


@pytest.fixture
def data(tmp_path):
    """Small files in the places of the public sets."""
    text = verse(tmp_path / "verse.txt", lines=120).read_text()
    lines = text.splitlines()
    files = {
        "tiny_shakespeare/input.txt": text,
        "war_and_peace/train.txt.gz": "\n\n".join(lines[:80]),
        "war_and_peace/valid.txt": "\n\n".join(lines[80:100]),
        "war_and_peace/test.txt": "\n\n".join(lines[100:]),
    }
    columns = "unsplit\tsplit\n"
    parts = {"train": lines[:60], "valid": lines[60:90], "test": lines[90:]}
    files |= {
        f"wiki_split/{name}.tsv.gz": columns + "".join(f"{line}\t-\n" for line in part) for name, part in parts.items()
    }
    for name, content in files.items():
        path = tmp_path / "data" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        raw = content.encode()
        path.write_bytes(gzip.compress(raw) if name.endswith(".gz") else raw)
    return tmp_path / "data"


@pytest.fixture
def options(data, tmp_path):
    return BenchOptions(data, full=False, seed=1, out=tmp_path / "out", progress=lambda line: None, threads=1)


def test_characters(monkeypatch, options):
    monkeypatch.setattr(character_model, "NETWORKS", ("tiny-language-model",))
    monkeypatch.setattr(character_model, "ORDERS", (2,))
    monkeypatch.setattr(character_model, "train_or_stop", _two_updates)
    rows = character_model.run(options).rows
    assert [row[0] for row in rows] == ["2-gram", "tiny-language-model", "single characters", "xz, test after train"]
    assert rows[0][1] < rows[2][1]
    assert rows[0][2].count("-") == 1


def test_words(monkeypatch, options):
    monkeypatch.setattr(word_model, "NETWORK", "tiny-language-model")
    monkeypatch.setattr(word_model, "TEXTS", tuple(_short(text) for text in word_model.TEXTS))
    monkeypatch.setattr(word_model, "ORDERS", (2,))
    report = word_model.run(options)
    assert [row[:2] for row in report.rows] == [
        (text, model) for text in ("wiki_split", "war_and_peace") for model in ("2-gram", "tiny-language-model")
    ]
    ngram, network = report.rows[:2]
    assert float(network[4].rstrip("%")) == pytest.approx(100 * (1 - network[2] / ngram[2]), rel=0.01)
    assert (options.out / "wiki_split" / "train.txt").read_text().count("\n") == 90
    assert word_model.run(options).rows == report.rows


def _two_updates(recipe, *, settings, **given):
    return train_or_stop(recipe, settings=[*settings, *(SHORT if recipe == "tiny-language-model" else ())], **given)


def _short(text):
    return word_model.Text(text.name, text.train, text.valid, text.test, text.settings, (*text.network, *SHORT))
