"""ARPA files: what we write is read back to the last bit, by KenLM too; what others write is read, or told why not."""

import gzip
import re

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ngram.small_text import END, SYMBOLS, equal, model_of, stream
from weft.errors import DataError, RunError
from weft.ngram import arpa_source, arpa_words, arpa_writing, read_arpa, write_arpa
from weft.ngram.arpa_words import escape, unescape

PLAIN = """\\data\\
ngram 1=5
ngram 2=3
ngram 3=1

\\1-grams:
-1.5\t<unk>
-99\t<s>\t-0.25
-0.5\t</s>
-0.75\ta\t-0.5
-1.25\tb\t-0.125

\\2-grams:
-0.25\t<s> a\t-0.5
-0.5\ta b
-0.125\tb </s>

\\3-grams:
-0.0625\t<s> a b

\\end\\
"""


@pytest.fixture
def arpa(tmp_path):
    """Writes a text as an ARPA file."""

    def write(text, name="model.arpa"):
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return path

    return write


def log10(model, words, text):
    """log10 p of each word and the end of a line."""
    return model.logp(np.array([words.index(word) for word in [*text.split(), "</s>"]])) / np.log(10)


@pytest.mark.parametrize("order", [1, 2, 3, 5])
@pytest.mark.parametrize("name", ["model.arpa", "model.arpa.gz"])
def test_what_is_written_is_read_to_the_last_bit(lines, words, tmp_path, order, name, monkeypatch):
    monkeypatch.setattr(arpa_writing, "LINES", 7)
    model = model_of(lines, order)
    write_arpa(model, words, tmp_path / name)
    read, again = read_arpa(tmp_path / name)
    assert read == ["<unk>", "</s>", *words[2:]]
    assert equal(again, model)
    assert again.notes == ()
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_the_same_model_is_the_same_gz_file(trigram, words, tmp_path):
    for name in ("one.gz", "two.gz"):
        write_arpa(trigram, words, tmp_path / name)
    assert (tmp_path / "one.gz").read_bytes() == (tmp_path / "two.gz").read_bytes()


def test_the_end_of_line_has_two_names(trigram, words, tmp_path):
    write_arpa(trigram, words, tmp_path / "model.arpa")
    text = (tmp_path / "model.arpa").read_text(encoding="utf-8")
    assert f"ngram 1={SYMBOLS + 1}\n" in text
    assert re.search(r"^-99\t<s>\t-[\d.]+$", text, re.MULTILINE)
    assert re.search(r"^-[\d.]+\t</s>\t0$", text, re.MULTILINE)
    assert re.search(r"^-[\d.]+\t<s> </s>\t[-\d.]+$", text, re.MULTILINE)


def test_words_stay_as_they_are_where_they_can(trigram, tmp_path):
    write_arpa(trigram, ["<unk>", "<eol>", "a", "é", "50%", "Ünï", "don't", "–"], tmp_path / "model.arpa")
    text = (tmp_path / "model.arpa").read_text(encoding="utf-8")
    assert text.startswith("\\data\\\n")
    assert "\t50%\t" in text


@given(st.text())
@example("")
@example("\\")
@example("\\e")
@example("<unk>")
@example("</s>")
@example("a\u00a0b\x85\u2028")
@settings(max_examples=100, deadline=None)
def test_every_word_has_a_spelling_without_blanks(word):
    spelled = escape(word)
    assert unescape(spelled) == word
    assert spelled.split() == [spelled]
    assert spelled not in ("<s>", "</s>", "<unk>", "<UNK>")


def test_a_file_that_does_not_say_so_is_not_unescaped(arpa):
    text = re.sub(r"\bb\b", r"\\x20", PLAIN)
    assert read_arpa(arpa(text))[0] == ["<unk>", "</s>", "a", r"\x20"]
    assert read_arpa(arpa(arpa_words.MARK + "\n" + text))[0] == ["<unk>", "</s>", "a", " "]


def test_a_file_by_hand(arpa):
    words, model = read_arpa(arpa(PLAIN))
    assert words == ["<unk>", "</s>", "a", "b"]
    assert model.sizes() == (4, 3, 1)
    np.testing.assert_allclose(log10(model, words, "a b"), [-0.25, -0.0625, -0.125], rtol=1e-6)
    np.testing.assert_allclose(log10(model, words, "b a"), [-0.25 - 1.25, -0.125 - 0.75, -0.5 - 0.5], rtol=1e-6)
    np.testing.assert_allclose(log10(model, words, "<unk>"), [-0.25 - 1.5, -0.5], rtol=1e-6)


TOLERATED = {
    "comments": lambda text: "# a comment\n\n" + text,
    "windows": lambda text: text.replace("\n", "\r\n"),
    "byte order mark": lambda text: "\ufeff" + text,
    "weights of the highest order": lambda text: text.replace("<s> a b", "<s> a b\t0"),
    "blanks": lambda text: text.replace("\t", "  ").replace("a b\n", "a b \n").replace("ngram 2=3", "ngram  2 = 3"),
    "order of lines": lambda text: text.replace("-0.5\ta b\n-0.125\tb </s>\n", "-0.125\tb </s>\n-0.5\ta b\n"),
    "no blank line before a section": lambda text: text.replace("\n\n\\2-grams", "\n\\2-grams"),
    "a weight of what closes a line": lambda text: text.replace("b </s>", "b </s>\t-3").replace(
        "-0.5\t</s>", "-0.5\t</s>\t-3"
    ),
    "<UNK>": lambda text: text.replace("<unk>", "<UNK>"),
}


@pytest.mark.parametrize("name", TOLERATED)
def test_what_is_tolerated(arpa, name):
    words, model = read_arpa(arpa(TOLERATED[name](PLAIN)))
    assert words == ["<unk>", "</s>", "a", "b"]
    assert equal(model, read_arpa(arpa(PLAIN))[1])


def test_no_unknown_word(arpa):
    text = PLAIN.replace("-1.5\t<unk>\n", "").replace("ngram 1=5", "ngram 1=4")
    words, model = read_arpa(arpa(text))
    assert words[0] == "<unk>"
    np.testing.assert_allclose(log10(model, words, "<unk>")[0], -0.25 - 100, rtol=1e-6)
    assert [note.partition(": ")[2] for note in model.notes] == [
        "there is no <unk>; it gets log10 p = -100, as in KenLM"
    ]


def test_text_behind_the_end_is_counted(arpa):
    _, model = read_arpa(arpa(PLAIN + "\n\nmore\n\nand more\n"))
    line = len(PLAIN.splitlines()) + 3
    assert [note.partition(": ")[2] for note in model.notes] == [
        f"2 lines behind \\end\\ not read, the first is line {line}"
    ]
    _, model = read_arpa(arpa(PLAIN + "\n \nmore"))
    assert [note.partition(": ")[2] for note in model.notes] == [
        f"1 line behind \\end\\ not read, the first is line {line}"
    ]
    assert read_arpa(arpa(PLAIN + "\n \n"))[1].notes == ()


def test_n_grams_that_no_line_holds(arpa):
    text = PLAIN.replace("ngram 2=3", "ngram 2=5").replace("-0.5\ta b\n", "-0.5\ta b\n-1\t</s> <s>\n-1\tb <s>\n")
    _, model = read_arpa(arpa(text))
    assert model.sizes() == (4, 3, 1)
    assert model.notes[0].endswith("model.arpa: 2 n-grams with <s> or </s> inside were left out, no line holds them")


def test_an_n_gram_whose_end_is_not_there(arpa):
    """As pruned models of others have it: only what it goes on from must be there."""
    text = PLAIN.replace("ngram 2=3", "ngram 2=2").replace("-0.5\ta b\n", "")
    words, model = read_arpa(arpa(text))
    np.testing.assert_allclose(log10(model, words, "a b"), [-0.25, -0.0625, -0.125], rtol=1e-6)


def test_small_blocks_of_lines_are_the_same(arpa, monkeypatch):
    expected = read_arpa(arpa(PLAIN))[1]
    whole = arpa_source.read_blocks

    def line_by_line(path, problems):
        return ((first + at, [line]) for first, lines in whole(path, problems) for at, line in enumerate(lines))

    monkeypatch.setattr(arpa_source, "read_blocks", line_by_line)
    assert equal(read_arpa(arpa(PLAIN))[1], expected)


BAD = {
    r":1: not an ARPA file: expected \\data\\, got 'ngram 1=5'": ("\\data\\\n", ""),
    r":4: expected 'ngram 3=COUNT', got 'ngram 4=1'": ("ngram 3=", "ngram 4="),
    r":2: expected 'ngram 1=COUNT', got 'ngram 1=five'": ("1=5", "1=five"),
    r":6: this section holds 5 n-grams, the head of the file says 'ngram 1=6'": ("1=5", "1=6"),
    r":13: this section holds 3 n-grams, the head of the file says 'ngram 2=2'": ("2=3", "2=2"),
    r":13: expected \\2-grams:, got '\\3-grams:'": ("\\2-grams:", "\\3-grams:"),
    r":10: expected a log10 probability, got '-0,75'": ("-0.75", "-0,75"),
    r":10: expected a log10 probability, got 'nan'": ("-0.75", "nan"),
    r":14: expected a log10 back-off weight, got '-inf'": ("<s> a\t-0.5", "<s> a\t-inf"),
    r":15: a probability above 1 \(its log10 is above 0\)": ("-0.5\ta b", "0.5\ta b"),
    r":15: expected a number, 2 words and perhaps a number, got '-0.5\\ta'": ("-0.5\ta b", "-0.5\ta"),
    r":10: expected a number, 1 word and perhaps a number, got '-0.75\\ta a\\t-0.5'": ("\ta\t", "\ta a\t"),
    r":11: the word 'a' is there twice": ("\tb\t", "\ta\t"),
    r":11: the 1-grams end without <s>, the ends of a line": ("\t<s>\t", "\tx\t"),
    r":11: the 1-grams end without <s> and </s>, the ends": ("\t<s>\t-0.25\n-0.5\t</s>", "\tx\t-0.25\n-0.5\ty"),
    r":15: the word 'c' is not among the 1-grams": ("-0.5\ta b", "-0.5\ta c"),
    r":16: this 2-gram is there twice": ("b </s>", "a b"),
    r":19: the n-gram 'b a b' goes on from 'b a', which is not among the 2-grams": ("\t<s> a b", "\tb a b"),
    r":19: a back-off weight at a 3-gram, the highest order has none": ("<s> a b", "<s> a b\t-0.5"),
    r":21: expected \\end\\, got '\\4-grams:'": ("\\end\\", "\\4-grams:"),
    r":20: the file ends where \\end\\ should stand": ("\\end\\\n", ""),
    r":4: the file ends where \\1-grams: should stand": (PLAIN[PLAIN.index("\n\\1-grams") :], ""),
}


@pytest.mark.parametrize("sentence", BAD)
def test_what_is_wrong_is_told_with_its_line(arpa, sentence):
    assert PLAIN.count(BAD[sentence][0]) >= 1
    with pytest.raises(DataError, match="model.arpa" + sentence):
        read_arpa(arpa(PLAIN.replace(*BAD[sentence], 1)))


def test_a_binary_file_and_a_missing_one(tmp_path):
    (tmp_path / "model.arpa").write_bytes(b"mmap lm http://kheafield.com/code format version 5\n\0\1\n")
    with pytest.raises(DataError, match=r"model.arpa:1: not an ARPA file: expected .* got 'mmap lm http") as error:
        read_arpa(tmp_path / "model.arpa")
    assert "KenLM's binary files are no ARPA files" in error.value.hint
    with pytest.raises(DataError, match=r"no such file: .*modell\.arpa, did you mean 'model.arpa'"):
        read_arpa(tmp_path / "modell.arpa")


def test_a_packed_file_that_is_cut_short(tmp_path):
    (tmp_path / "model.arpa.gz").write_bytes(gzip.compress(PLAIN.encode())[:-20])
    with pytest.raises(DataError, match="cut short"):
        read_arpa(tmp_path / "model.arpa.gz")


def test_words_that_do_not_fit_the_model(trigram, words, tmp_path):
    with pytest.raises(DataError, match=r"model.arpa: 7 words were given for 8 symbols"):
        write_arpa(trigram, words[:7], tmp_path / "model.arpa")
    with pytest.raises(DataError, match="the word 'a' comes twice, an ARPA file needs words that differ"):
        write_arpa(trigram, [*words[:7], "a"], tmp_path / "model.arpa")
    (tmp_path / "file").touch()
    with pytest.raises(RunError, match="the ARPA file cannot be written"):
        write_arpa(trigram, words, tmp_path / "file" / "model.arpa")


def test_kenlm_scores_the_same(lines, words, tmp_path):
    kenlm = pytest.importorskip("kenlm", reason="kenlm is not installed")
    write_arpa(model := model_of(lines, 4), words, tmp_path / "model.arpa")
    theirs = kenlm.Model(str(tmp_path / "model.arpa"))
    spelled, _ = arpa_words.spelled(words, END, 0)
    for line in lines:
        scores = theirs.full_scores(" ".join(spelled[symbol] for symbol in line))
        expected = [score for score, _, _ in scores]
        np.testing.assert_allclose(model.logp(stream([line])) / np.log(10), expected, atol=1e-5)
