"""``weft generate``: what steers a text, verse, and what is copied."""

import json

import pytest

import weft as library
from weft.cli import _verse
from weft.cli._exit_codes import BAD_INPUT, UNANSWERED

SHORT = ("--prompt", "a good", "--length", "40")


def rows(done):
    return [json.loads(line) for line in done.out.splitlines()]


def test_a_stop_text_ends_every_sample_also_the_streamed_one(weft, language_model_run):
    (whole,) = rows(weft("generate", language_model_run, *SHORT, "--json"))
    stop = whole["text"][10:12]
    cut = whole["text"].partition(stop)[0]
    done = weft("generate", language_model_run, *SHORT, "--stop", "never said", "--stop", stop)
    assert (done.code, done.out, done.err) == (0, f"a good{cut}\n", "")
    shown = weft("generate", language_model_run, *SHORT, "--stop", stop, "--show-stop")
    assert shown.out == f"a good{cut}{stop}\n"
    both = rows(weft("generate", language_model_run, *SHORT, "--stop", stop, "--json", "--samples", "2"))
    assert both[0]["text"] == cut
    assert stop not in both[1]["text"]


@pytest.mark.parametrize(
    "options",
    [("--typical", "0.3"), ("--repetition-penalty", "5"), ("--repetition-penalty", "5", "--penalty-window", "1")],
    ids=" ".join,
)
def test_settings_steer_the_text_and_keep_its_seed(weft, language_model_run, options):
    plain = weft("generate", language_model_run, *SHORT).out
    steered = weft("generate", language_model_run, *SHORT, *options)
    assert (steered.code, steered.err) == (0, "")
    assert steered.out != plain
    (alone, *_) = rows(weft("generate", language_model_run, *SHORT, *options, "--samples", "3", "--json"))
    assert steered.out == f"a good{alone['text']}\n"


def test_symbols_of_the_prompt_that_nobody_knows_are_counted(weft, language_model_run):
    done = weft("generate", language_model_run, "--prompt", "a Zühl ü", "--length", "5")
    assert done.code == 0
    assert done.err == "note: 3 symbols of the prompt never seen in training, read as unknown: 'Z', 'ü'\n"
    assert done.out.startswith("a Zühl ü")


@pytest.mark.parametrize("prompt", ["", "a good\n", "good film " * 300])
def test_prompts_of_any_length(weft, language_model_run, prompt):
    done = weft("generate", language_model_run, "--prompt", prompt, "--length", "5")
    assert (done.code, done.err) == (0, "")
    assert len(done.out) == len(prompt) + 5 + 1


def test_verse_is_shown_and_what_does_not_fit_is_told(weft, language_model_run):
    form = ("--rhyme", "AA", "--lines", "4", "--tries", "70", "--length", "30", "--samples", "2")
    told = weft("generate", language_model_run, "--prompt", "a ", *form, "--json")
    answers = rows(told)
    lines = [line for answer in answers for line in answer["lines"]]
    unmet = [line for line in lines if line["unmet"]]
    assert told.code == 0
    assert told.err.count("does not fit (") == len(unmet)
    assert told.err.splitlines()[-1].startswith(f"8 lines kept of {sum(line['drawn'] for line in lines):,} drawn")
    shown = weft("generate", language_model_run, "--prompt", "a ", *form)
    assert shown.out == "\n".join(f"a {answer['text']}\n" for answer in answers)
    for answer in answers:
        one, two, three, four = (line["text"] for line in answer["lines"])
        assert answer["text"] == f"{one}\n{two}\n\n{three}\n{four}"
        assert [line["letter"] for line in answer["lines"]] == ["A"] * 4


def test_a_form_that_cannot_be_kept_is_an_exit_code_when_asked(weft, language_model_run, tmp_path):
    (tmp_path / "only.txt").write_text("xylophone\n", encoding="utf-8")
    form = ("--only", tmp_path / "only.txt", "--lines", "1", "--tries", "3", "--length", "20")
    done = weft("generate", language_model_run, *form)
    assert done.code == 0
    assert "sample 1, line 1 does not fit (" in done.err
    assert "1 lines kept of " not in done.err
    assert ", 1 does not fit" in done.err
    assert weft("generate", language_model_run, *form, "--strict").code == UNANSWERED


@pytest.fixture(scope="module")
def trigram(tmp_path_factory, lines):
    """A model whose symbols are words."""
    out = tmp_path_factory.mktemp("runs") / "trigram"
    library.train("trigram", train=lines, out=out)
    return out


def test_words_that_a_model_of_words_does_not_know_are_an_error(weft, trigram, tmp_path):
    only, without = tmp_path / "only.txt", tmp_path / "without.txt"
    only.write_text("xylophone\nzebra\n", encoding="utf-8")
    done = weft("generate", trigram, "--prompt", "a good", "--only", only)
    assert (done.code, done.out) == (BAD_INPUT, "")
    assert f"none of the 2 words of {only} is in the vocabulary of {trigram}" in done.err
    only.write_text("film\ngood\n", encoding="utf-8")
    assert weft("generate", trigram, "--only", only, "--lines", "1").code == 0
    without.write_text("film\ngood\n", encoding="utf-8")
    done = weft("generate", trigram, "--only", only, "--without", without)
    assert f"none of the 2 words of {only} that {without} allows is in the vocabulary of {trigram}" in done.err
    without.write_text("\n".join(library.load(trigram).vocabulary.text.symbols[2:]), encoding="utf-8")
    done = weft("generate", trigram, "--without", without)
    assert f"{without} forbids every word in the vocabulary of {trigram}" in done.err


def test_what_is_told_of_a_line_stands_on_a_line_of_its_own(weft, language_model_run, monkeypatch):
    form = ("--prompt", "a ", "--syllables", "40", "--lines", "2", "--tries", "3", "--length", "20", "--samples", "2")
    plain = weft("generate", language_model_run, *form)
    monkeypatch.setattr(_verse, "say", lambda text: _verse.write(f"[{text}]"))
    mixed = weft("generate", language_model_run, *form).out.splitlines(keepends=True)
    assert sum("[" in line for line in mixed) == 5
    assert all(line.startswith("[") == line.endswith("]\n") for line in mixed)
    assert "".join(line for line in mixed if not line.startswith("[")) == plain.out


def test_what_is_copied_is_found(weft, language_model_run, lines, tmp_path):
    held_out = tmp_path / "held-out.txt"
    held_out.write_text("a fine film\n" * 9, encoding="utf-8")
    options = (*SHORT, "--samples", "2", "--copied-from", lines, "--beside", held_out)
    done = weft("generate", language_model_run, *options, "--json")
    training = lines.read_text()
    for row in rows(done):
        span = row["copied"]["longest_characters"]
        text = row["text"]
        longest = max(
            size
            for size in range(41)
            for start in range(len(text) - size + 1)
            if text[start : start + size] in training
        )
        assert span["length"] == longest == len(span["text"])
        assert span["path"] == str(lines)
        following = "\n".join(training.split("\n")[span["line"] - 1 :])
        assert 0 <= following.find(span["text"]) <= following.find("\n")
    assert str(held_out) in done.err
    assert "longest copied span" in done.err
    assert "20 characters copied" in done.err
    plain = weft("generate", language_model_run, *SHORT, "--copied-from", lines)
    assert plain.err.startswith("text ")
    assert plain.out.startswith("a good")


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (("--typical", "0"), "typical must be above 0 and at most 1, got 0.0"),
        (("--repetition-penalty", "0.5"), "repetition_penalty must be a finite number, 1 (none) or more, got 0.5"),
        (("--penalty-window", "-1"), "penalty_window must be 0 (all symbols so far) or more, got -1"),
        (("--stop", ""), "a stop text must hold at least one character, got ''"),
        (("--rhyme", "A-B"), "rhyme must be a letter a line, such as ABAB, got 'A-B'"),
        (("--syllables", "many"), "syllables must be whole numbers such as 10, 9-11 or 8,6,8,6, got 'many'"),
        (("--rhyme", "AA", "--stop", "x"), "--stop ends a text anywhere, verse ends after its lines"),
        (("--beside", "x.txt"), "--beside is looked up in training text, and none was given"),
        (("--copied-from", "none.txt"), "no such file: none.txt"),
        (("--sounds", "none.tsv"), "no such file: none.tsv"),
        (("--stress", "01"), "stress needs sounds: spelling does not say which syllables of a word are strong"),
        (("--strict",), "--strict is about the lines of verse, and no verse was asked for"),
    ],
)
def test_what_means_nothing_is_told_before_anything_is_written(weft, language_model_run, options, sentence):
    done = weft("generate", language_model_run, "--prompt", "a good", *options)
    assert (done.code, done.out) == (BAD_INPUT, "")
    assert sentence in done.err
