"""BLEU, chrF and TER are sacrebleu's own, and their intervals those of its bootstrap."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
import sacrebleu
from sacrebleu.metrics import BLEU, CHRF, TER

from weft.metrics import measure
from weft.metrics._sacrebleu import sacrebleu_outcomes
from weft.types import TextEvidence

THEIRS = {"bleu": BLEU(), "bleu-lowercased": BLEU(lowercase=True), "chrf": CHRF(), "ter": TER()}
TEXT = "a the in on of dog Katze Haus läuft springt, schnell. (alt) and Mann's 3,5 Ball rote »Ja«"
WORDS = TEXT.split()


def made(seed: int, n: int, wrong: float = 0.3) -> TextEvidence:
    """Sentences in which words are replaced, dropped or swapped."""
    generator = np.random.default_rng(seed)
    references, hypotheses = [], []
    for _ in range(n):
        words = generator.choice(WORDS, generator.integers(3, 12)).tolist()
        kept = [str(generator.choice(WORDS)) if generator.random() < wrong else word for word in words]
        kept = [word for word in kept if generator.random() > wrong / 4]
        if len(kept) > 2 and generator.random() < wrong:
            kept[0], kept[-1] = kept[-1], kept[0]
        references.append(" ".join(words))
        hypotheses.append(" ".join(kept))
    return TextEvidence(tuple(references), tuple(hypotheses))


SENTENCES = made(1, 150)


def theirs(name: str, evidence: TextEvidence, **settings: int) -> sacrebleu.metrics.base.Score:
    return THEIRS[name].corpus_score(list(evidence.hypotheses), [list(evidence.references)], **settings)


@pytest.mark.parametrize("name", THEIRS)
def test_the_value_is_sacrebleus(name: str) -> None:
    score = measure(name, SENTENCES)
    assert score.value == theirs(name, SENTENCES).score
    assert (score.n, score.of, score.higher_is_better) == (150, "sentences", name != "ter")


@pytest.mark.parametrize("name", THEIRS)
def test_the_signature_is_sacrebleus_inside_ours(name: str) -> None:
    signed = measure(name, SENTENCES).signature
    assert f"|{theirs(name, SENTENCES) and THEIRS[name].get_signature()}|" in signed
    assert f"|sacrebleu:{theirs(name, SENTENCES).name}|nrefs:1|" in signed
    assert f"|version:{sacrebleu.__version__}|" in signed
    assert signed.endswith(f"|interval:bootstrap1000|weft:{signed.rpartition(':')[2]}")


@pytest.mark.parametrize("name", THEIRS)
def test_the_interval_is_that_of_sacrebleus_bootstrap(name: str) -> None:
    score, other = measure(name, SENTENCES), theirs(name, SENTENCES, n_bootstrap=300)
    half = float(other._ci)
    assert (score.high - score.low) / 2 == pytest.approx(half, rel=0.2)
    assert (score.high + score.low) / 2 == pytest.approx(other._mean, abs=half / 3)


@pytest.mark.parametrize("name", THEIRS)
def test_odd_sentences_count_as_sacrebleu_counts_them(name: str) -> None:
    odd = TextEvidence(("", "a b", "x", "  a  ", "日本 語"), ("a", "", "x", "a", "日本 語 だ"))
    assert measure(name, odd).value == theirs(name, odd).score
    nothing = TextEvidence(("a b c d",), ("",))
    assert measure(name, nothing).value == theirs(name, nothing).score


def test_case_counts_unless_it_is_lowered() -> None:
    evidence = TextEvidence(("Der Hund läuft im Park .",), ("der hund läuft im park .",))
    assert measure("bleu", evidence).value < measure("bleu-lowercased", evidence).value
    assert measure("bleu-lowercased", evidence).value == pytest.approx(100)


def test_the_signature_says_how_long_the_texts_are() -> None:
    evidence = TextEvidence(("a b c d",), ("a b",))
    assert "|ratio:0.500|" in measure("bleu", evidence).signature
    assert "ratio" not in measure("chrf", evidence).signature


def test_text_that_looks_tokenized_is_no_reason_to_complain(capfd: pytest.CaptureFixture[str]) -> None:
    measure("bleu", TextEvidence(("a b .",) * 120, ("a b .",) * 120))
    assert capfd.readouterr().err == ""


def test_statistics_are_remembered_and_cannot_be_changed() -> None:
    evidence = made(2, 5)
    first, again = (sacrebleu_outcomes("ter", evidence) for _ in range(2))
    assert np.array_equal(first.rows, again.rows)
    first.rows[:] = 0
    assert np.array_equal(sacrebleu_outcomes("ter", evidence).rows, again.rows)


def test_other_measures_do_not_load_sacrebleu() -> None:
    script = (
        "import sys; from weft.metrics import measure; from weft.types import TextEvidence\n"
        "measure('exact-match', TextEvidence(('a',), ('a',))); assert 'sacrebleu' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", script], check=True)
