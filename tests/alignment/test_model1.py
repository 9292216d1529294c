"""IBM Model 1: the classic toy corpus, EM by hand and by plain loops, and a likelihood that never falls."""

from __future__ import annotations

import math

import numpy as np
import pytest

from weft.alignment import train_model1
from weft.errors import ConfigError, DataError

TOY = [("the house", "das Haus"), ("the book", "das Buch"), ("a book", "ein Buch")]


def cut(pairs: list[tuple[str, str]]) -> list[tuple[list[str], list[str]]]:
    return [(source.split(), target.split()) for source, target in pairs]


def drawn(seed: int, n: int = 120) -> tuple[list[tuple[list[str], list[str]]], list[frozenset[tuple[int, int]]]]:
    """Sentences of different words, each translated word by word into an order of its own; and the true links."""
    generator = np.random.default_rng(seed)
    pairs, links = [], []
    for _ in range(n):
        words = generator.choice(30, generator.integers(2, 7), replace=False)
        order = generator.permutation(len(words))
        pairs.append(([f"e{word}" for word in words], [f"f{words[place]}" for place in order]))
        links.append(frozenset((int(source), target) for target, source in enumerate(order)))
    return pairs, links


def plain(
    pairs: list[tuple[list[str], list[str]]], iterations: int
) -> tuple[dict[tuple[str, str | None], float], float]:
    """The paper's algorithm with dictionaries and loops; None is the null word."""
    words = {word for _, target in pairs for word in target}
    table = {(f, e): 1 / len(words) for source, target in pairs for e in [None, *source] for f in target}
    for _ in range(iterations):
        counts: dict[tuple[str, str | None], float] = dict.fromkeys(table, 0.0)
        for source, target in pairs:
            for f in target:
                whole = sum(table[f, e] for e in [None, *source])
                for e in [None, *source]:
                    counts[f, e] += table[f, e] / whole
        totals: dict[str | None, float] = {}
        for (_, e), count in counts.items():
            totals[e] = totals.get(e, 0.0) + count
        table = {(f, e): count / totals[e] for (f, e), count in counts.items()}
    nats = 0.0
    for source, target in pairs:
        nats -= sum(math.log(sum(table[f, e] for e in [None, *source]) / (len(source) + 1)) for f in target)
    return table, nats


def test_the_toy_corpus_is_understood() -> None:
    model = train_model1(cut(TOY), iterations=30)
    assert model.links(["the", "house"], ["das", "Haus"]) == {(0, 0), (1, 1)}
    assert model.links(["a", "house"], ["ein", "Haus"]) == {(0, 0), (1, 1)}
    assert model.probability("Haus", "house") > 0.9
    assert model.probability("das", "the") > 0.9
    assert model.probability("ein", "the") == 0.0


def test_one_iteration_by_hand() -> None:
    """From a uniform start each of the two words of a target is shared among three: null and two words."""
    model = train_model1(cut(TOY), iterations=1)
    assert model.probability("das", "the") == pytest.approx(2 / 4)
    assert model.probability("Haus", "the") == pytest.approx(1 / 4)
    assert model.probability("Haus", "house") == pytest.approx(1 / 2)
    assert model.probability("Buch", None) == pytest.approx(2 / 6)
    assert model.nats[0] == pytest.approx(6 * math.log(4))


@pytest.mark.parametrize("iterations", [1, 4])
def test_it_is_the_papers_algorithm(iterations: int) -> None:
    pairs = [*drawn(2, 20)[0], (["e1", "e1", "e2"], ["f1", "f9", "f1"]), ([], ["f3"]), (["e4"], [])]
    model, (table, nats) = train_model1(pairs, iterations=iterations), plain(pairs, iterations)
    assert len(model.keys) == len(table)
    for (word, given), probability in table.items():
        assert model.probability(word, given) == pytest.approx(probability, abs=1e-12)
    assert model.nats[-1] == pytest.approx(nats)


def test_the_likelihood_never_falls_and_every_word_shares_out_one() -> None:
    told = []
    model = train_model1(drawn(3)[0], iterations=20, progress=lambda number, nats: told.append((number, nats)))
    assert len(model.nats) == 21
    assert all(after <= before + 1e-9 for before, after in zip(model.nats, model.nats[1:], strict=False))
    assert told == list(enumerate(model.nats[:-1], 1))
    sums = np.bincount(model.keys // len(model.target), model.probabilities)
    assert sums == pytest.approx(1.0)


def test_links_of_a_made_up_language_are_found() -> None:
    pairs, links = drawn(4)
    model = train_model1(pairs, iterations=10)
    found = [model.links(*pair) for pair in pairs]
    right = sum(len(mine & true) for mine, true in zip(found, links, strict=True))
    assert right > 0.97 * sum(map(len, links))


def test_the_same_pairs_give_the_same_table() -> None:
    pairs = drawn(5)[0]
    first, second = train_model1(pairs), train_model1(pairs)
    assert np.array_equal(first.probabilities, second.probabilities)
    assert first.nats == second.nats


def test_what_stands_in_every_target_comes_from_the_null_word() -> None:
    pairs = [([f"e{k}", f"e{k + 1}"], [f"f{k}", "of", f"f{k + 1}"]) for k in range(40)]
    model = train_model1(pairs, iterations=30)
    assert model.links(["e7", "e8"], ["f7", "of", "f8"]) == {(0, 0), (1, 2)}
    assert model.posterior(["e7", "e8"], ["of"])[0].argmax() == 0


def test_posteriors_sum_to_one_and_unknown_words_come_from_the_null_word() -> None:
    model = train_model1(cut(TOY))
    made = model.posterior(["the", "cat"], ["das", "Tier", "Haus"])
    assert made.shape == (3, 3)
    assert made.sum(axis=1) == pytest.approx(1.0)
    assert made[1].tolist() == [1.0, 0.0, 0.0]
    assert made[:, 2].tolist() == [0.0, 0.0, 0.0], "a source word that was never seen made nothing"
    assert model.probability("Tier", "the") == model.probability("das", "cat") == 0.0


def test_of_equal_words_the_one_nearest_to_the_diagonal_is_linked() -> None:
    model = train_model1([(["x"], ["y"])] * 3 + [(["z"], ["w"])] * 3, iterations=5)
    assert model.links(["x", "z", "x"], ["y", "w", "y"]) == {(0, 0), (1, 1), (2, 2)}


@pytest.mark.parametrize(("source", "target"), [("", "das"), ("the", ""), ("", "")])
def test_an_empty_side_has_no_links(source: str, target: str) -> None:
    assert train_model1(cut(TOY)).links(source.split(), target.split()) == frozenset()


def test_what_cannot_be_learned_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"0 iterations of IBM Model 1; it needs at least 1") as caught:
        train_model1(cut(TOY), iterations=0)
    assert "5 to 10" in caught.value.hint
    with pytest.raises(DataError, match=r"no target word in 1 pairs") as refused:
        train_model1([(["a"], [])])
    assert refused.value.hint == "give aligned sentences"
