"""How gate traces show themselves: strips for a terminal, pictures, a page that nothing in a text can break."""

import base64
import json
import re

import numpy as np
import pytest
from matplotlib import rc_context

from explain.untrained import classifier, language_model
from weft.errors import ConfigError, RunError
from weft.explain import write_file
from weft.explain._symbols import one_line, visible
from weft.explain.gates import explain, page
from weft.explain.gates.words import said

SHADES = "0123456789"
ATTACK = 'a "warm" </script><script>alert(1)</script> <!-- film & <img src=x onerror=alert(2)>'


def strips(explanation, width: int = 80) -> list[str]:
    return ["".join(text for text, _ in line).rstrip() for line in explanation.lines(width, SHADES)]


def row(lines: list[str], name: str) -> list[str]:
    return [line for line in lines if line.startswith(name)]


def test_a_strip_has_a_row_a_gate_and_a_row_a_unit():
    explanation = explain(classifier(encoder={"cell": "gru"}), "a warm xyzzy acting", units=[3])
    lines = strips(explanation)
    gate = explanation.traces.traces[0].gates[0]
    assert lines[0] == '"a warm xyzzy acting": 4 symbols read by gru'
    assert lines[1].startswith("label ")
    assert lines[2] == "not in the vocabulary: 'xyzzy'"
    (head,), (marks,) = row(lines, "layer 0, forward"), row(lines, "unknown")
    assert head.split()[3:] == ["mean", "<0.1", ">0.9", "a", "warm", "xyzzy", "acting"]
    assert marks.split() == ["unknown", "^^^^^^"]
    assert marks.index("^") == head.index("xyzzy")
    (mean,) = row(lines, "reset gate")
    shades = [str(min(int(value * 10), 9)) * 6 for value in gate.mean]
    assert mean.split() == ["reset", "gate", f"{gate.values.mean():.2f}", *_percents(gate), *shades]
    units = row(lines, "  unit 3")
    assert len(units) == 4
    assert units[0].split()[-4:] == [str(min(int(value * 10), 9)) * 6 for value in gate.values[:, 3]]
    output = explanation.traces.traces[0].gates[-1].values[:, 3]
    assert units[3].split()[-4:] == [str(min(int((value + 1) * 5), 9)) * 6 for value in output]


def _percents(gate) -> list[str]:
    return f"{100 * gate.left.mean():.0f} % {100 * gate.right.mean():.0f} %".split()


@pytest.mark.parametrize("width", [60, 80, 200])
def test_a_long_text_goes_on_below_and_loses_no_symbol(width):
    text = "a warm and lovely play " * 8
    lines = strips(explain(language_model(), text.strip()), width)
    assert max(map(len, lines[3:])) <= width
    starts = [number for number, line in enumerate(lines) if "<0.1" in line]
    assert "".join(lines[number].split(">0.9  ")[1] for number in starts[:1]).startswith("⏎a␣warm")
    columns = [line[36:] for line in lines if "␣" in line and "symbols" not in line]
    assert "".join(columns) == "⏎" + text.strip().replace(" ", "␣")
    rows = row(lines, "forget gate")
    assert sum(len(line[36:]) for line in rows) == len(text.strip()) + 1
    assert len(rows) == len(columns)


def test_without_units_the_most_varying_ones_are_shown():
    explanation = explain(classifier(), "a warm film and fun")
    shown = {int(line.split()[1]) for line in row(strips(explanation), "  unit")}
    variation = next(g for g in explanation.traces.traces[0].gates if g.key == "h").variation
    assert shown == set(np.argsort(-variation)[:2].tolist())


def test_symbols_take_their_place_on_a_line():
    assert [visible(text) for text in (" ", "\n", "\t", "\u0301", "\x1b", "é", " film", "好")] == [
        "␣", "⏎", "⇥", "◌\u0301", "\\x1b", "é", "␣film", "好"
    ]  # fmt: skip
    assert one_line("a  b\nc\x1b[31m", 20) == "a  b⏎c\\x1b[31m"
    assert one_line("abcdef", 4) == "abc…"


def test_several_labels_are_said():
    model = classifier(head={"multi_label": True})
    answer = model.predict(["a film"])[0]
    shown = "; probabilities " + ", ".join(f"{name} {value:.4f}" for name, value in answer["probabilities"].items())
    assert said(answer) == f"labels {', '.join(answer['labels']) or 'none'}{shown}"
    assert said({"labels": [], "probabilities": {"good": 0.25}}) == "labels none; probabilities good 0.2500"
    assert said(answer) in strips(explain(model, "a film"))


def test_the_page_holds_its_data_and_asks_no_network(tmp_path):
    path = tmp_path / "trace.html"
    explanation = explain(language_model(encoder={"layers": 2}), "a film", units=[2])
    write_file(explanation, path)
    text = path.read_text(encoding="utf-8")
    before, held, after = re.split(r'(?<=id="data">)(.*?)(?=</script>)', text, maxsplit=1, flags=re.DOTALL)
    assert not re.search(
        r"//[a-z]|src=|href=\"(?!data:)|@import|url\(|fetch\(|XMLHttp|innerHTML|%[A-Z]+%", before + after
    )
    assert "default-src 'none'" in before
    data = json.loads(held)
    assert data["unit"] == 2
    assert [symbol["shown"] for symbol in data["symbols"]] == ["⏎", "a", "␣", "f", "i", "l", "m"]
    assert data["symbols"][0]["logp"] is None
    for trace, shown in zip(explanation.traces.traces, data["traces"], strict=True):
        assert shown["title"] == trace.title
        for gate, held in zip(trace.gates, shown["gates"], strict=True):
            steps = np.frombuffer(base64.b64decode(held["values"]), "<i2").reshape(gate.values.shape)
            np.testing.assert_allclose(steps / 32767 * held["limit"], gate.values, atol=gate.limit / 32767)
            assert held["columns"]["variation"] == pytest.approx(gate.variation.tolist(), abs=1e-4)
            assert ("left" in held["columns"]) == gate.gate


@pytest.mark.parametrize("tokenizer", ["char", "word", "whitespace", "bpe"])
def test_no_text_becomes_markup(tokenizer):
    text = explain(classifier(tokenizer=tokenizer, texts=[ATTACK]), ATTACK + " %DATA% %SCRIPT%").page()
    assert re.findall(r"<(/?script)\b", text) == ["script", "/script", "script", "/script"]
    assert "<img" not in text
    assert text.count("<!--") == 0
    assert "&lt;" in re.search(r"<title>(.*?)</title>", text)[1]
    data = json.loads(re.search(r'id="data">(.*?)</script>', text, re.DOTALL)[1])
    assert "".join(symbol["before"] + symbol["inline"] for symbol in data["symbols"]).count("script") == 3


def test_a_page_too_large_for_a_browser_is_refused(monkeypatch):
    monkeypatch.setattr(page, "MOST_SYMBOLS", 3)
    with pytest.raises(
        ConfigError, match=r"^a page holds at most 3 symbols and 30,000,000 values, this text has 4 and "
    ):
        explain(classifier(), "a warm film and").page()


def test_the_picture_has_a_map_a_gate_and_a_column_a_direction(tmp_path):
    path = tmp_path / "trace.svg"
    with rc_context({"svg.fonttype": "none"}):
        write_file(explain(classifier(encoder={"bidirectional": True}), "a $warm xyzzy 好", units=[1, 4]), path)
    text = path.read_text(encoding="utf-8")
    for word in ("layer 0, forward", "layer 0, reverse", "forget gate", "|cell|", "unit 4", "$ (?)", "xyzzy (?)"):
        assert word in text, word
    assert "unit 3" not in text
    assert len(explain(classifier(), "a film").picture().axes) == 1 + 6 + 6


@pytest.mark.parametrize(("ending", "begins"), [(".png", b"\x89PNG"), (".pdf", b"%PDF"), (".HTML", b"<!doctype html>")])
def test_the_ending_says_what_is_written(tmp_path, ending, begins):
    path = tmp_path / f"trace{ending}"
    write_file(explain(classifier(), "a film"), path)
    assert path.read_bytes().startswith(begins)
    assert [each.name for each in tmp_path.iterdir()] == [path.name]


def test_files_that_cannot_be_written_are_told(tmp_path):
    explanation = explain(classifier(), "a film")
    with pytest.raises(ConfigError, match=r"trace\.htm: unknown ending '\.htm', did you mean '\.html'\?$") as caught:
        write_file(explanation, tmp_path / "trace.htm")
    assert caught.value.hint == "known: .html, .pdf, .png, .svg"
    with pytest.raises(RunError, match=r"none/trace\.html: cannot be written: No such file or directory"):
        write_file(explanation, tmp_path / "none" / "trace.html")
