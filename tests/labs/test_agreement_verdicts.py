"""What models say of pairs: word by word or character by character, unknown words, shares with intervals, sentences."""

from types import SimpleNamespace

import numpy as np
import pytest

from weft.errors import ConfigError, DataError
from weft.labs.agreement import nouns, pictures, report
from weft.labs.agreement.built_in import DECK
from weft.labs.agreement.comparing import Verdict, check_words, compared, predicted
from weft.labs.agreement.counting import BLURRED, Share, left_out, parts
from weft.labs.agreement.judging import RunJudge
from weft.labs.agreement.numbers import number_table
from weft.labs.agreement.pairs import Pair, PairSet
from weft.metrics import wilson


class Scores:
    """Stands for a language model: log p of a text is minus the sum of its words' costs; words without are unknown."""

    def __init__(self, costs, tokenizer="word"):
        self.costs, self.seen = costs, []
        self.config = SimpleNamespace(data=SimpleNamespace(tokenizer=tokenizer))

    def score(self, texts, *, end=True):
        self.seen += [(text, end) for text in texts]
        words = [text.split() for text in texts]
        return [
            {
                "logp": -sum(self.costs.get(word, 9.0) for word in own),
                "unknown": sum(word not in self.costs for word in own),
                "symbols": len(own) + end,
            }
            for own in words
        ]


def quiet(line, left=None):
    pass


def verdict(*margins, blurred=()):
    seen = np.zeros(len(margins), dtype=bool)
    seen[list(blurred)] = True
    return Verdict(np.array(margins, dtype=float), seen)


def test_the_margin_is_the_difference_of_the_two_log_probabilities():
    model = Scores({"the": 1.0, "dog": 1.0, "runs": 2.0, "run": 2.5, "naps": 3.0, "nap": 3.0})
    pairs = [
        Pair("runs", "run", prefix="the dog"),
        Pair("run", "runs", prefix="the dog"),
        Pair("naps", "nap", prefix="the dog"),
        Pair("runs", "run", prefix="the cat"),
        Pair("sleeps", "run", prefix="the dog"),
        Pair("the dog runs", "the dog run"),
        Pair("the dog runs", "the dog sleeps"),
        Pair("the cat runs", "runs the cat"),
    ]
    said = compared(model, pairs, quiet)
    assert said.margins[:4].tolist() == pytest.approx([0.5, -0.5, 0.0, 0.5])
    assert np.isnan(said.margins[[4, 6]]).all()
    assert said.margins[[5, 7]].tolist() == pytest.approx([0.5, 0.0])
    assert np.flatnonzero(said.blurred).tolist() == [3, 7]
    assert ("the dog runs", False) in model.seen
    assert ("the dog runs", True) in model.seen


@pytest.mark.parametrize(
    ("tokenizer", "wanted"),
    [
        ("whitespace", ("my dog runs", False)),
        ("char", ("my dog runs ", False)),
        ("bpe", ("my dog runs far .", True)),
    ],
)
def test_a_word_is_compared_to_its_end_whatever_the_symbols(tokenizer, wanted):
    model = Scores({}, tokenizer)
    compared(model, [Pair("runs", "run", prefix="my dog", rest="far .")], quiet)
    assert wanted in model.seen


def test_a_mismatch_of_case_or_of_words_is_an_error():
    pairs = PairSet("capitals", (Pair("The dog runs", "The dog run"), Pair("is", "are", prefix="Every one")))
    knows = Scores({"the": 1.0, "dog": 1.0, "runs": 1.0, "every": 1.0, "one": 1.0, "is": 1.0})
    with pytest.raises(
        DataError, match="capitals: 33% of the words are unknown to mine, and 0% in lower case"
    ) as caught:
        check_words(knows, "mine", pairs)
    assert "data.lowercase = true" in caught.value.hint
    with pytest.raises(DataError, match="capitals: 83% of the words are unknown to mine, so it cannot be measured"):
        check_words(Scores({"one": 1.0}), "mine", pairs)
    check_words(Scores({**knows.costs, "The": 1.0, "Every": 1.0}), "mine", pairs)


def test_a_classifier_of_numbers_answers_pairs_with_a_prefix():
    def predict(texts, *, alternatives):
        assert (texts, alternatives) == (["the dogs"], 2)
        return [{"alternatives": [{"label": "plural", "probability": 0.8}, {"label": "singular", "probability": 0.2}]}]

    pairs = [Pair("a b", "a c"), Pair("run", "runs", prefix="the dogs"), Pair("him", "them", prefix="a man hurt")]
    said = predicted(SimpleNamespace(predict=predict), pairs)
    assert said.margins[1] == pytest.approx(np.log(4))
    assert np.isnan(said.margins[[0, 2]]).all()


def test_a_run_of_another_kind_is_refused(classifier_run):
    with pytest.raises(ConfigError, match="neither a language model nor a classifier of singular and plural"):
        RunJudge("reviews", classifier_run).judge(PairSet("x", (Pair("is", "are", prefix="a"),)), quiet)


def test_shares_are_of_the_pairs_that_every_model_knows():
    one, two = (Pair("is", "are", prefix="x", attractors=count) for count in (0, 1))
    pairs = PairSet("some", (one, one, two, two, two, two))
    said = {
        "lstm": verdict(1, -1, 1, 1, np.nan, 2, blurred=[5]),
        "trigram": verdict(-1, 0, 1, -1, 1, -1),
        "mute": verdict(*[np.nan] * 6),
    }
    found = {part.name: part for part in parts(pairs, said)}
    assert {name: part.n for name, part in found.items()} == {
        "all": 4,
        "attractors 0": 2,
        "attractors 1": 2,
        BLURRED: 1,
    }
    assert found["all"].shares == {"lstm": Share(3, 4), "trigram": Share(1.5, 4)}
    assert found["attractors 0"].shares["trigram"] == Share(0.5, 2)
    assert found["attractors 0"].shares["trigram"].interval == wilson(0.5, 2)
    assert found["attractors 0"].shares["lstm"].interval == wilson(1, 2)
    assert found["all"].shares["lstm"].shown() == "75.0 (30.1-95.4)"
    assert found[BLURRED].shares == {"lstm": Share(1, 1), "trigram": Share(0, 1)}
    assert left_out(pairs, said) == [
        "some, lstm: of 6 pairs 1 left out, since it does not know the words in which they differ;"
        " 1 with other words it does not know",
        "some, trigram: of 6 pairs 1 ties, counted as half right",
        "some, mute: of 6 pairs 6 left out, since it does not know the words in which they differ",
    ]


def test_nouns_come_from_a_treebank_and_else_from_the_ending(tmp_path):
    path = tmp_path / "bank.conllu"
    rows = [
        ("Dogs", "NNS"),
        ("run", "VBP"),
        ("run", "NN"),
        ("run", "VBP"),
        ("fish", "NN"),
        ("fish", "NNS"),
        ("fish", "NNS"),
    ]
    path.write_text(
        "".join(f"{n}\t{word}\t_\t_\t{tag}\t_\t0\t_\t_\t_\n" for n, (word, tag) in enumerate(rows, 1)) + "\n"
    )
    known = nouns.learn_nouns(path)
    words = ["dogs", "run", "fish", "blorks", "blork", "class", "quickly", ",", "king's"]
    found = ["plural", None, "plural", "plural", "singular", "singular", None, None, "singular"]
    assert [known(word) for word in words] == found


PAIRS = (
    Pair("is", "are", prefix="dog", attractors=0),
    Pair("are", "is", prefix="dogs", attractors=0),
    Pair("is", "are", prefix="dog near cats birds", attractors=2),
    Pair("are", "is", prefix="dogs near cat", attractors=1),
    Pair("are", "is", prefix="near", attractors=0),
    Pair("is", "are", prefix="dog", attractors=0),
)


def test_shortcuts_look_at_nouns_only_and_the_balanced_part_gives_them_nothing():
    def known(word):
        return None if word == "near" else nouns.by_ending(word)

    right = {name: own.tolist() for name, own in nouns.shortcuts(PAIRS, known, "plural").items()}
    assert right["last noun"] == [True, True, False, False, True, True]
    assert right["opposite of the last noun"] == [False, False, True, True, True, False]
    assert right["majority of nouns"] == [True, True, False, True, True, True]
    assert right["always plural"] == [False, True, False, True, True, False]
    name, places = nouns.balanced(PAIRS, known)
    assert (name, places.tolist()) == ("last noun balanced", [0, 1, 2, 3])
    assert [sum(right[shortcut][place] for place in places) for shortcut in ("last noun", "always plural")] == [2, 2]
    said = nouns.reliability(PAIRS, known)
    assert "number in 100.0% of the sentences without attractors and the other number in 100.0% of those" in said
    assert said.endswith("1 of 6 have none")


def test_the_table_of_number_prediction_has_every_seed_their_mean_and_the_shortcuts():
    pairs = PairSet("linzen", PAIRS, slices=(("last noun balanced", np.array([0, 1, 2, 3])),))
    seeds = {"seed 1": verdict(1, 1, 1, 1, 1, -1), "seed 2": verdict(1, 1, 1, -3, 1, -1)}
    made = number_table(pairs, seeds, {"always plural": np.array([False, True, False, True, True, False])})
    table = made.table
    assert table.columns == ("who", "all", "attractors 0", "attractors 1", "attractors 2", "last noun balanced")
    assert [row[0] for row in table.rows] == [
        "n", "LSTM, seed 1", "LSTM, seed 2", "LSTM, mean of 2", "LSTM, their votes together", "always plural",
    ]  # fmt: skip
    assert table.rows[0][1:] == ("6", "4", "1", "1", "4")
    assert table.rows[3][1:] == ("25.0", "25.0", "50.0", "0.0", "12.5")
    assert table.rows[4][1].startswith("33.3 (")
    assert table.rows[5][1].startswith("50.0 (")
    first, whole, even = made.sentences
    assert first.startswith(
        "linzen: number prediction errs in 25.0 %, 16.7 to 33.3 over 2 seeds; by part: 25.0 % (attr"
    )
    assert whole == (
        "linzen, all: the best shortcut is 'always plural' with 50.0 % errors; number prediction has 25.0 %."
    )
    assert even.startswith("linzen, last noun balanced: the best shortcut is 'always plural' with 50.0 %")


def test_the_report_follows_from_the_verdicts(tmp_path):
    far = tuple(Pair("is", "are", prefix=f"x{n}", attractors=3, distance=9) for n in range(60))
    pairs = PairSet("built-in", (*DECK, *far), notes=("a note",))
    said = {
        "lstm": verdict(3, 1, 30, -2, *[1] * 60),
        "trigram": verdict(1, np.nan, 1, 1, *[-1] * 59, 1),
    }
    made = report.make([report.Measured(pairs, said)], baseline="trigram")
    assert made.columns == ("pairs", "part", "n", "lstm", "trigram")
    assert made.rows[0][:3] == ("built-in", "all", 63)
    assert [row[1] for row in made.rows] == [
        "all", "attractors 0", "attractors 3", "distance 1", "distance 6-8", "distance 9-12",
    ]  # fmt: skip
    (deck,) = made.tables
    assert deck.rows[0] == ("My dog [chases/chase]", "20 : 1", "2.7 : 1")
    assert deck.rows[1] == ("My dogs [chase/chases]", "2.7 : 1", None)
    assert deck.rows[3][1] == "1 : 7.4"
    assert deck.rows[2][1] == "over 10,000 : 1"
    whole, by_attractors, by_distance, against = made.sentences
    assert whole == "built-in: the form that agrees is preferred in 98.4 % (lstm), 6.3 % (trigram), of 63 pairs."
    assert by_attractors == (
        "built-in, attractors 0: 66.7 % (lstm), 100.0 % (trigram); attractors 3: 100.0 % (lstm), 1.7 % (trigram)."
    )
    assert by_distance.startswith("built-in, distance 1: 100.0 % (lstm)")
    assert against == (
        "built-in, of 6 parts: above trigram, by intervals that do not meet, is lstm in 3 (below in 0);"
        " trigram itself is above chance in 0."
    )
    assert "a note" in made.notes
    assert any("of 64 pairs 1 left out" in note for note in made.notes)
    drawn = pictures.draw(tmp_path, "built in/x", report.Measured(pairs, said).parts)
    assert drawn == tmp_path / "built-in-x.png"
    assert drawn.read_bytes().startswith(b"\x89PNG")


def test_a_model_that_prefers_nothing_is_at_chance():
    pairs = PairSet("some", (Pair("is", "are", prefix="a"),) * 40)
    (whole,) = parts(pairs, {"mute": verdict(*[0.0] * 40)})
    assert whole.shares["mute"].value == 0.5
    made = number_table(pairs, {"seed 1": verdict(*[0.0] * 40)}, {})
    assert [row[1].split()[0] for row in made.table.rows[1:]] == ["50.0"] * 3
    assert report.make([report.Measured(pairs, {"mute": verdict(*[0.0] * 40)})]).rows[0][3].startswith("50.0 (")


def test_models_that_share_no_pair_are_said_to():
    pairs = PairSet("some", (Pair("is", "are", prefix="a"), Pair("is", "are", prefix="b")))
    said = {"lstm": verdict(1, np.nan), "trigram": verdict(np.nan, 1)}
    made = report.make([report.Measured(pairs, said)])
    assert made.rows == []
    assert made.sentences == ("some: no pair is left whose words every model knows.",)
