"""Surprise: the same numbers as score and as reading by hand, context taken away, and four ways to show it."""

import json
import math
import re

import numpy as np
import pytest
from matplotlib import rc_context

import weft
from explain.untrained import classifier, language_model
from weft.errors import ConfigError, DataError, RunError
from weft.explain import Reach, surprises, write_file
from weft.explain.surprise import explain, page, reading, refuse, terminal

SHADES = "0123456789"
TEXT = "a warm and lovely play"
ATTACK = 'a "warm" </script><script>alert(1)</script> <!-- film & <img src=x onerror=alert(2)>'


@pytest.fixture
def trigram(trigram_run):
    """An n-gram model of words."""
    return weft.load(trigram_run)


def by_hand(model, numbers, *, fresh: bool = True) -> float:
    """Bits of the last number after the others, read symbol by symbol from a fresh start."""
    state = model.begin(1)
    if not fresh:
        state = {name: value[:, :0] for name, value in state.items()}
    for number in numbers[:-1]:
        logp, state = model.step([int(number)], state)
    return -float(logp[0, int(numbers[-1])]) / math.log(2)


def stream(model, text: str) -> list[int]:
    """What is read of a text: an end of line, then every line with its end."""
    ends = [model.vocabulary.text.end_id]
    return [*ends, *(int(number) for line in text.split("\n") for number in [*model.encode(line)[1:], *ends])]


def shown(explanation, width: int = 80) -> list[str]:
    return ["".join(text for text, _ in line).rstrip() for line in explanation.lines(width, SHADES)]


@pytest.mark.parametrize("tokenizer", ["char", "word", "bpe", "byte"])
def test_the_surprises_of_a_line_are_its_score(tokenizer):
    model = language_model(tokenizer=tokenizer)
    (score,) = model.score(["a warm güt film"])
    found = surprises(model, "a warm güt film")
    assert len(found.predictions) == score["symbols"]
    assert found.logp == pytest.approx(score["logp"], rel=1e-5)
    assert sum(not each.symbol.known for each in found.predictions) == score["unknown"]
    assert found.bits * len(found.predictions) == pytest.approx(-found.logp / math.log(2))
    assert "".join(each.symbol.before + each.symbol.text for each in found.predictions).replace("…", "").endswith("\n")


def test_the_surprises_of_an_n_gram_model_are_its_score(trigram):
    (score,) = trigram.score(["a warm xyzzy film"])
    found = surprises(trigram, "a warm xyzzy film")
    assert found.logp == pytest.approx(score["logp"])
    assert found.unknown == ("xyzzy",)
    assert found.reach.given == (1,), "it looks back at two symbols"
    numbers = stream(trigram, "a warm xyzzy film")
    alone = [by_hand(trigram, numbers[place - 1 : place + 1], fresh=place == 1) for place in range(1, len(numbers))]
    assert found.reach.bits[0] == pytest.approx(np.mean(alone))


def test_unknown_words_stand_before_no_fresh_start(tmp_path):
    text = tmp_path / "train.txt"
    text.write_text("".join(f"a rare{line} film is fine\nso is rare{line} rare{line + 1} film\n" for line in range(40)))
    weft.train("kneser-ney", train=text, out=tmp_path / "run", settings=["data.min_count=4", "model.order=4"])
    model = weft.load(tmp_path / "run")
    found = surprises(model, "a film is so fine")
    assert found.reach.given == (1, 2)
    numbers = np.array(stream(model, "a film is so fine"))
    for k, bits in zip(found.reach.given, found.reach.bits, strict=True):
        windows = [numbers[max(0, place - k) : place] for place in range(1, len(numbers))]
        own = []
        for place, window in enumerate(windows, 1):
            # The first k places have been given all there is, the end of line that their line begins with included.
            whole = place <= k
            context = np.full(3, model.vocabulary.text.end_id) if whole else window
            if whole:
                context[3 - place :] = numbers[:place]
            own.append(-model.module.ngrams.logp_next(context[None])[0, numbers[place]] / math.log(2))
        assert bits == pytest.approx(np.mean(own))


@pytest.mark.parametrize("context", ["text", "line"])
def test_lines_go_on_from_each_other_where_the_model_does(context):
    model = language_model(data={"context": context})
    lines = ["a film", "", "so it goes"]
    found = surprises(model, "\n".join(lines))
    numbers = stream(model, "\n".join(lines))
    if context == "line":
        assert found.logp == pytest.approx(sum(row["logp"] for row in model.score(lines)), rel=1e-5)
        assert max(found.reach.given) == 8, "the longest line has ten symbols, and one ends the line before it"
    else:
        bits = [by_hand(model, numbers[: place + 1]) for place in range(1, len(numbers))]
        assert [each.bits for each in found.predictions] == pytest.approx(bits, rel=1e-4)
        assert max(found.reach.given) == 16


def test_every_prediction_is_what_the_model_says():
    model = language_model()
    numbers = stream(model, TEXT)
    state = model.begin(1)
    for number, target, each in zip(numbers, numbers[1:], surprises(model, TEXT).predictions, strict=False):
        logp, state = model.step([number], state)
        p = logp[0].double().exp().numpy()
        assert each.rank == 1 + int((p > p[target]).sum())
        assert each.entropy == pytest.approx(-(p * np.log2(p)).sum(), rel=1e-5)
        best = np.argsort(-p)[:5]
        assert [text for text, _ in each.alternatives] == [model.vocabulary.text.symbols[k] for k in best]
        assert [probability for _, probability in each.alternatives] == pytest.approx(p[best], rel=1e-4)


def test_context_is_taken_away_symbol_by_symbol(monkeypatch):
    model = language_model()
    found = surprises(model, TEXT)
    numbers = stream(model, TEXT)
    places = range(1, len(numbers))
    assert found.reach.given == (1, 2, 4, 8, 16)
    for k, bits in zip(found.reach.given, found.reach.bits, strict=True):
        alone = [by_hand(model, numbers[max(0, place - k) : place + 1]) for place in places]
        assert bits == pytest.approx(np.mean(alone), rel=1e-4)
    assert (found.reach.places, found.reach.of) == (len(places), len(places))
    assert found.reach.whole == pytest.approx(found.bits)
    monkeypatch.setattr(reading, "AT_ONCE", 100)
    pieces = surprises(model, TEXT)
    assert pieces.logp == pytest.approx(found.logp, rel=1e-5)
    assert pieces.reach.bits == pytest.approx(found.reach.bits, rel=1e-5)


def test_the_work_on_a_long_text_is_bounded_and_said(monkeypatch):
    monkeypatch.setattr(reading, "MOST_STEPS", 80)
    monkeypatch.setattr(reading, "LONGEST_WINDOW", 8)
    explanation = explain(language_model(), "a film. " * 30)
    reach = explanation.surprises.reach
    assert (reach.given, reach.places, reach.of) == ((1, 2, 4, 8), 5, 241)
    assert any("in bits, 5 of 241 places" in line for line in shown(explanation))
    assert "Measured at 5 of 241 places" in explanation.page()
    chosen = np.linspace(0, 240, 5).round().astype(int)
    assert reach.whole == pytest.approx(np.mean([explanation.surprises.predictions[k].bits for k in chosen]))


@pytest.mark.parametrize(
    ("bits", "whole", "enough", "words"),
    [
        ((5.0, 3.0, 2.04, 2.0), 2.0, 4, "95 % of the 3.00 bits that more than the last symbol brings are there with"),
        ((5.0, 2.0, 2.3, 2.0), 2.0, 8, "are there with the last 8 symbols"),
        ((5.0, 4.0, 3.0, 3.0), 2.0, None, "take more than the last 8 symbols"),
        ((2.0, 2.5, 2.0, 2.0), 2.0, 8, "what stands before the last symbol does not help here"),
        ((), 2.0, None, "there is no more context than the last symbol here"),
    ],
)
def test_how_many_symbols_are_enough(bits, whole, enough, words):
    reach = Reach((1, 2, 4, 8)[: len(bits)], bits, whole, 10, 10)
    assert words in reach.sentence()
    if reach.gain > 0 or not bits:
        assert reach.enough == enough


@pytest.mark.parametrize(("text", "symbols", "given"), [("a", 2, (1,)), (" ", 2, (1,)), ("\ud800", 2, (1,))])
def test_one_symbol_is_a_text(text, symbols, given):
    found = surprises(language_model(), text)
    assert (len(found.predictions), found.reach.given) == (symbols, given)


@pytest.mark.parametrize("text", ["", "\n", "\n\n"])
def test_a_text_without_symbols_is_told(text):
    with pytest.raises(DataError, match="the text holds no symbol"):
        surprises(language_model(), text)


def test_what_cannot_be_explained_is_told():
    with pytest.raises(ConfigError, match="a run of task 'classify' predicts no next symbol, so no symbol"):
        explain(classifier(), "a film")
    with pytest.raises(ConfigError, match="it has no units to show"):
        explain(language_model(), "a film", units=[1])
    model = language_model()
    model.module.train()
    with pytest.raises(ConfigError, match="the network is in training mode"):
        explain(model, "a film")
    for parameter in model.module.eval().output.parameters():
        parameter.data.fill_(math.nan)
    with pytest.raises(RunError, match="the model's probabilities are no numbers"):
        explain(model, "a film")
    assert refuse(model) == ""


@pytest.mark.parametrize("width", [40, 80])
def test_characters_stand_above_their_shades(width):
    explanation = explain(language_model(), "a wärm film\nand fun and good and fun and good")
    lines = shown(explanation, width)
    starts = [number for number, line in enumerate(lines) if "␣" in line and "⏎" not in line[:1]]
    assert lines[2] == "not in the vocabulary: 'ä'"
    assert "".join(line for line in lines if re.fullmatch(r"[a-zä,␣]+⏎?", line)) == (
        "a␣wärm␣film⏎and␣fun␣and␣good␣and␣fun␣and␣good⏎"
    )
    assert max(map(len, lines[4 : starts[-1]])) <= width
    place = lines.index("a␣wärm␣film⏎")
    assert lines[place + 1] == "   ^"
    found = explanation.surprises
    digits = "".join(str(min(int(10 * found.share(each.bits)), 9)) for each in found.predictions[:12])
    assert lines[place + 2] == digits


def test_words_stand_above_their_bits(trigram):
    explanation = explain(trigram, "a warm xyzzy film")
    lines = shown(explanation)
    place = next(number for number, line in enumerate(lines) if line.startswith("a "))
    assert lines[place].split() == ["a", "warm", "xyzzy", "film", "⏎"]
    assert lines[place + 1].index("^") == lines[place].index("xyzzy")
    assert lines[place + 2].split() == [f"{each.bits:.1f}" for each in explanation.surprises.predictions]
    most = max(explanation.surprises.predictions, key=lambda each: each.bits)
    head = next(number for number, line in enumerate(lines) if line.startswith("most surprising"))
    assert lines[head + 1][: terminal.NAME].endswith(f" {most.symbol.text}")
    assert lines[head + 1][terminal.NAME :].split()[1:3] == [f"{most.bits:.2f}", str(most.rank)]
    assert lines[-1] == explanation.surprises.reach.sentence()


def test_the_page_says_what_the_values_say(tmp_path):
    path = tmp_path / "surprise.html"
    explanation = explain(language_model(), "a film\nxyz")
    write_file(explanation, path)
    text = path.read_text(encoding="utf-8")
    before, held, after = re.split(r'(?<=id="data">)(.*?)(?=</script>)', text, maxsplit=1, flags=re.DOTALL)
    assert not re.search(r"src=|href=\"(?!data:)|@import|url\(|fetch\(|XMLHttp|innerHTML|%[A-Z]+%", before + after)
    assert "default-src 'none'" in before
    data, values = json.loads(held), explanation.to_json()
    assert values["kind"] == "surprise"
    assert [each["shown"] for each in data["symbols"]] == ["a", "␣", "f", "i", "l", "m", "⏎", "x", "y", "z", "⏎"]
    for drawn, told in zip(data["symbols"], values["symbols"], strict=True):
        assert (drawn["rank"], drawn["known"]) == (told["rank"], told["known"])
        for key in ("logp", "bits", "entropy"):
            assert drawn[key] == pytest.approx(told[key], abs=1e-4)
        assert [p for _, p in drawn["alternatives"]] == pytest.approx(
            [row["probability"] for row in told["alternatives"]], abs=1e-6
        )
    marks = re.findall(r"<title>(\w+): ([\d.]+) bits</title>", before)
    reach = values["reach"]
    assert [(name, float(bits)) for name, bits in marks] == [
        *((str(row["last"]), round(row["bits"], 3)) for row in reach["curve"]),
        ("all", round(reach["whole"], 3)),
    ]
    assert json.loads(json.dumps(values)) == values


def test_no_text_becomes_markup():
    text = explain(language_model(texts=[ATTACK]), ATTACK + " %CURVE%").page()
    assert re.findall(r"<(/?script)\b", text) == ["script", "/script", "script", "/script"]
    assert "<img" not in text
    assert text.count("<!--") == 0


def test_a_page_too_large_for_a_browser_is_refused(monkeypatch):
    monkeypatch.setattr(page, "MOST_SYMBOLS", 3)
    with pytest.raises(ConfigError, match=r"^a page holds at most 3 symbols, this text has 7$"):
        explain(language_model(), "a film").page()


def test_the_picture_has_a_bar_a_symbol_and_the_curve(tmp_path):
    explanation = explain(language_model(), "a $wörm film")
    with rc_context({"svg.fonttype": "none"}):
        write_file(explanation, tmp_path / "surprise.svg")
    text = (tmp_path / "surprise.svg").read_text(encoding="utf-8")
    for word in ("ö (?)", "$ (?)", "symbols given, from a fresh start", "95% of the gain"):
        assert word in text or explanation.surprises.reach.gain <= 0, word
    above, below = explanation.picture().axes
    assert [bar.get_height() for bar in above.patches] == [each.bits for each in explanation.surprises.predictions]
    assert list(below.lines[1].get_ydata()) == list(explanation.surprises.reach.bits)
