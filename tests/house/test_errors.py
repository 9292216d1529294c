"""The exception tree, and that every error raised in the package is one of it with a sentence."""

import ast

import pytest

from weft import errors

from house.imports import SOURCE

KINDS = [errors.ConfigError, errors.DataError, errors.ShapeError, errors.RunError, errors.BackendError]


@pytest.mark.parametrize("kind", KINDS)
def test_an_error_carries_a_sentence_and_a_hint(kind):
    error = kind("x is 3, allowed is 1 or 2", hint="set x = 1")
    assert isinstance(error, errors.WeftError)
    assert str(error) == "x is 3, allowed is 1 or 2"
    assert error.hint == "set x = 1"
    assert kind("no hint").hint == ""


def test_the_tree_in_the_docstring_is_the_tree():
    named = {
        kind.__name__ for kind in vars(errors).values() if isinstance(kind, type) and kind.__module__ == "weft.errors"
    }
    assert named == {kind.__name__ for kind in [errors.WeftError, *KINDS]}
    assert all(name in errors.__doc__ for name in named)


@pytest.mark.parametrize(
    ("name", "allowed", "guess"),
    [("optimzer", ["optimizer", "lr"], ", did you mean 'optimizer'?"), ("zzz", ["optimizer", "lr"], ""), ("a", [], "")],
)
def test_nearest(name, allowed, guess):
    assert errors.nearest(name, allowed) == guess


def test_no_error_is_raised_without_words():
    bare = []
    for path in SOURCE.rglob("*.py"):
        raised = [node for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.Raise)]
        calls = [(node.lineno, node.exc) for node in raised if isinstance(node.exc, ast.Call)]
        bare += [f"{path}:{line}" for line, call in calls if not (call.args or call.keywords)]
    assert bare == []
