"""A small text and its trigram model."""

import pytest

from ngram.small_text import model_of, small_lines


@pytest.fixture(scope="session")
def lines():
    """Lines of numbered symbols."""
    return small_lines()


@pytest.fixture(scope="session")
def trigram(lines):
    """Their model of order 3."""
    return model_of(lines, 3)


@pytest.fixture
def words():
    """Of the small text's symbols; some cannot stand in an ARPA file as they are."""
    return ["<unk>", "\n", " ", "", "a", "b\\c", "<s>", "\u3000"]
