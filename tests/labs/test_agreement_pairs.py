"""Minimal pairs: files of every format, errors with their line, what a word's number is, and the built-in sentences."""

import gzip
import json
from collections import Counter

import pytest

from weft.errors import DataError
from weft.labs.agreement import built_in, formats, supervision
from weft.labs.agreement.formats import read_pairs
from weft.labs.agreement.formats.own import write_pairs
from weft.labs.agreement.grammar import FIRST, Grammar
from weft.labs.agreement.pairs import Pair, PairSet
from weft.labs.agreement.slices import bin_of, slices
from weft.labs.agreement.verbs import NUMBERS, number_of, opposite

HEADER = "prefix\tgood\tbad\tattractors\tdistance\n"


@pytest.fixture
def table(tmp_path):
    def write(text, name="pairs.tsv"):
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return path

    return write


@pytest.mark.parametrize(
    ("form", "other", "number"),
    [
        ("is", "are", "singular"), ("were", "was", "plural"), ("have", "has", "plural"), ("goes", "go", "singular"),
        ("carries", "carry", "singular"), ("Chase", "chases", "plural"), ("wherein", "wherein", None),
        ("himself", "themselves", None),
    ],
)  # fmt: skip
def test_the_singular_of_a_verb_is_the_form_in_s(form, other, number):
    assert number_of(form, other) == number


def test_own_pairs_are_read_and_written_and_counts_may_be_absent(table, tmp_path):
    path = table(HEADER + "the dog  near the cats\tchases\tchase\t1\t4\n\tdogs\tdog\t\t\n")
    read = read_pairs(path, "mine")
    assert read.pairs == (
        Pair("chases", "chase", prefix="the dog near the cats", attractors=1, distance=4),
        Pair("dogs", "dog", prefix=""),
    )
    assert read.pairs[0].number == "singular"
    assert read.pairs[0].sentences() == ("the dog near the cats chases", "the dog near the cats chase")
    assert read_pairs(write_pairs(tmp_path / "new" / "again.tsv", read.pairs), "mine") == read


def test_whole_sentences_have_no_prefix(table):
    read = read_pairs(table("grammatical\tungrammatical\na dog runs\ta dog run\n"), "mine")
    assert read.pairs == (Pair("a dog runs", "a dog run"),)
    assert read.pairs[0].number is None


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("a\t\tb\t0\t1", "column 'good' is empty"),
        ("a\tb\tb\t0\t1", "'good' and 'bad' are both 'b'; a pair differs"),
        ("a\tb\tc\tmany\t1", "column 'attractors' must be a whole number from 0, or empty, got 'many'"),
        ("a\tb\tc\t0\t0", "column 'distance' must be a whole number from 1, or empty, got '0'"),
    ],
)
def test_what_is_wrong_with_a_row_is_told_with_its_line(table, row, message):
    path = table(f"{HEADER}the dog\truns\trun\t0\t1\n{row}\n")
    with pytest.raises(DataError, match=rf"pairs\.tsv:3: {message}"):
        read_pairs(path, "mine")


def test_a_file_of_other_columns_is_told_which_ones_pairs_have(table):
    with pytest.raises(DataError, match="no pairs have the columns text, label") as caught:
        read_pairs(table("text\tlabel\na\tb\n"), "mine")
    assert "prefix, good, bad" in caught.value.hint
    assert "grammatical, ungrammatical" in caught.value.hint


def test_linzen_s_sentences_become_pairs_and_what_is_no_verb_is_counted(table):
    header = "target_index\tcorrect\twrong\tn_attractors\tsentence\n"
    rows = "2\tis\tare\t0\tthe town is old .\n1\twherein\twherein\t0\ta wherein b\n"
    read = read_pairs(table(header + rows), "linzen")
    assert read.pairs == (Pair("is", "are", prefix="the town", attractors=0, rest="old ."),)
    assert read.pairs[0].sentences() == ("the town is old .", "the town are old .")
    assert read.notes == ("linzen: 1 rows left out, their two words are no forms of one verb, by -s (lines 3)",)
    with pytest.raises(DataError, match=r"pairs\.tsv:2: word 1 \(from 0\) of the sentence is not 'is'"):
        read_pairs(table(header + "1\tis\tare\t0\tthe town is old .\n"), "linzen")
    with pytest.raises(DataError, match="none of its 1 rows holds a pair: their two words are no forms"):
        read_pairs(table(header + "1\twherein\twherein\t0\ta wherein b\n"), "linzen")


def test_colorless_sentences_are_grouped_by_their_type(table):
    header = "pattern\ttype\ttarget_index\tcorrect\twrong\tprefix\tsentence\n"
    read = read_pairs(table(header + "p\tnonsense\t2\tis\tare\tThe wing\tThe wing is old .\n"), "colorless")
    assert read.pairs == (Pair("is", "are", prefix="The wing", group="nonsense", rest="old ."),)


@pytest.mark.parametrize(
    ("case", "condition", "good", "bad", "attractors", "distance"),
    [
        ("simple_agrmt", "sing_MS_MV", "the man laughs", "the man laugh", 0, 1),
        ("prep_anim", "sing_MS_MV_plur_ES", "the man near the cats laughs", "the man near the cats laugh", 1, 4),
        ("prep_anim", "plur_MS_MV_plur_ES", "the men near the cats laugh", "the men near the cats laughs", 0, 4),
        ("obj_rel_within_anim", "plur_ES_EV_sing_MS_MV", "the man the cats like is", "the man the cats likes is", 0, 1),
        ("obj_rel_across_anim", "sing_MS_MV_plur_ES_EV", "the man the cats like is", "the man the cats like are", 1, 4),
        ("reflexive_sent_comp", "sing_MS_ANPHR_plur_BS", "a b c man hurt him", "a b c man hurt them", 0, 2),
        ("simple_npi_anim", "past", "no man has ever run", "the man has ever run", None, None),
    ],
)
def test_templates_tell_attractors_and_distance(table, case, condition, good, bad, attractors, distance):
    text = f"case\tcondition\tgrammatical\tungrammatical\tungrammatical_2\n{case}\t{condition}\t{good}\t{bad}\t\n"
    (pair,) = read_pairs(table(text), "marvin-linzen").pairs
    assert (pair.prefix, pair.good, pair.group) == (None, good, case)
    assert (pair.attractors, pair.distance) == (attractors, distance)


def test_blimp_is_grouped_by_term_and_a_part_of_it_holds_some_of_every_paradigm(tmp_path, monkeypatch):
    monkeypatch.setattr(formats, "MOST", 2)
    rows = [
        {"sentence_good": f"{uid} {n} is", "sentence_bad": f"{uid} {n} are", "linguistics_term": term, "UID": uid}
        for term, uid in (("islands", "a"), ("islands", "b"), ("subject_verb_agreement", "c"))
        for n in range(5)
    ]
    path = tmp_path / "blimp.jsonl.gz"
    path.write_bytes(gzip.compress("\n".join(json.dumps(row) for row in rows).encode()))
    assert len(read_pairs(path, "blimp").pairs) == 15
    part = read_pairs(path, "blimp", full=False)
    assert [pair.good for pair in part.pairs] == ["a 0 is", "a 2 is", "b 0 is", "b 2 is", "c 0 is", "c 2 is"]
    assert Counter(pair.group for pair in part.pairs) == {"islands": 4, "subject_verb_agreement: c": 2}
    assert part.notes == ("blimp: 6 of 15 pairs, at most 2 of a kind; --full measures all",)
    assert part.digest != read_pairs(path, "blimp").digest


def test_parts_are_by_attractors_distance_and_group_and_none_is_the_whole():
    pairs = tuple(
        Pair("is", "are", prefix="x", attractors=attractors, distance=distance, group="one")
        for attractors, distance in ((0, 14), (0, 1), (1, 3), (2, 2), (None, None))
    )
    found = {name: places.tolist() for name, places in slices(PairSet("some", pairs))}
    assert found == {
        "all": [0, 1, 2, 3, 4],
        "attractors 0": [0, 1], "attractors 1": [2], "attractors 2": [3],
        "distance 1": [1], "distance 2-3": [2, 3], "distance 13+": [0],
    }  # fmt: skip
    assert [bin_of(distance) for distance in (1, 2, 5, 8, 12, 13, 99)] == [
        "1",
        "2-3",
        "4-5",
        "6-8",
        "9-12",
        "13+",
        "13+",
    ]


def test_built_in_pairs_differ_in_the_verb_and_say_how_many_attractors_stand_between():
    made = built_in.pairs(built_in.Size(pairs=20), seed=1)
    assert made == built_in.pairs(built_in.Size(pairs=20), seed=1)
    assert made.pairs[:4] == built_in.DECK
    assert Counter(pair.attractors for pair in made.pairs[4:]) == {0: 160} | dict.fromkeys(range(1, 7), 20)
    assert all(pair.number in NUMBERS for pair in made.pairs)
    far = next(pair for pair in made.pairs if pair.attractors == 6)
    assert far.distance == len(far.prefix.split()) - 1
    aside = made.pairs[-1]
    assert (aside.distance, aside.group) == (6, "whom I adopted in 2009")


@pytest.mark.parametrize("modifier", FIRST)
def test_a_verb_inside_a_clause_agrees_with_its_own_subject(modifier):
    subject = Grammar(3).subject("singular", ("plural", "plural"), modifier)
    assert (subject.attractors, subject.number) == (2, "singular")
    words = subject.text.split()
    assert subject.distance == len(words) - 1
    if modifier != "near the cats":
        assert words[3 if modifier == "that chase the cats" else 5].endswith("s") is (modifier == "that chase the cats")


def test_training_holds_no_subject_of_a_pair_but_lone_nouns(tmp_path):
    size = built_in.Size(pairs=30, sentences=400, subjects=50)
    pairs = built_in.pairs(size, seed=1)
    built_in.write_training(tmp_path, pairs, size, seed=1)
    lines = (tmp_path / "train.txt").read_text().splitlines()
    assert (len(lines), len((tmp_path / "valid.txt").read_text().splitlines())) == (400, 20)
    far = {pair.prefix.lower() for pair in pairs.pairs[4:] if pair.distance > 1}
    rows = [row.split("\t") for row in (tmp_path / "subjects.tsv").read_text().splitlines()]
    assert rows[0] == ["text", "label"]
    assert {label for _, label in rows[1:]} == set(NUMBERS)
    assert not far & {text for text, _ in rows}
    verbs = {word for pair in pairs.pairs for word in (pair.good, pair.bad)}
    assert verbs <= set(" ".join(lines).split())
    begun = {" ".join(words[:place]) for line in lines for words in [line.split()] for place in _verbs(words, verbs)}
    assert "my dog" in begun
    assert not far & begun
    assert len((tmp_path / "held-out.tsv").read_text().splitlines()) == 1 + 5
    assert {opposite(number) for number in NUMBERS} == set(NUMBERS)


def test_other_verbs_of_a_sentence_are_examples_where_their_form_tells_the_number():
    first = Pair("are", "is", prefix="the dogs", rest="old , and the cat has to have milk where is it")
    second = Pair("is", "are", prefix="the dog that we have", rest="old")
    assert supervision.marked([first, Pair("him", "them", prefix="a"), second]) == [
        ("the dogs", "plural"), ("the dog that we have", "singular"),
    ]  # fmt: skip
    assert list(supervision.further([first, second])) == [
        ("the dogs are old , and the cat", "singular"), ("the dog that we", "plural"),
    ]  # fmt: skip
    kept, held_out = supervision.divided([first, second, first, second], 2)
    assert (kept, held_out) == ([second, second], [first, first])


def _verbs(words, verbs):
    return [place for place, word in enumerate(words) if word in verbs]
