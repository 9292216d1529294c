"""The confusion picture: drawn for few and for many classes, in every script, without a window system."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from weft.errors import ShapeError
from weft.metrics import draw_confusion


def drawn(path: Path, confusion: np.ndarray, classes: list[str]) -> str:
    """The text in the picture; .svg keeps it readable."""
    from matplotlib import rc_context

    with rc_context({"svg.fonttype": "none"}):
        draw_confusion(confusion, classes, path)
    return path.read_text(encoding="utf-8")


def test_counts_and_names_are_printed_for_few_classes(tmp_path: Path) -> None:
    picture = drawn(tmp_path / "few.svg", np.array([[871, 13], [0, 29]]), ["bad", "good $1 & $2"])
    for text in (">871<", ">13<", ">29<", ">bad<", "good", "decided", "true"):
        assert text in picture


def test_unknown_labels_get_their_row(tmp_path: Path) -> None:
    assert "(unknown)" in drawn(tmp_path / "unknown.svg", np.array([[3, 1], [0, 2], [4, 5]]), ["a", "b"])


def test_fifty_classes_have_names_but_no_counts(tmp_path: Path) -> None:
    confusion = np.diag(np.arange(1000, 1050))
    picture = drawn(tmp_path / "many.svg", confusion, [f"class {k} with a rather long name" for k in range(50)])
    assert ">1049<" not in picture
    assert "class 49 with a rather …" in picture


@pytest.mark.parametrize("confusion", [np.zeros((2, 2), dtype=int), np.array([[5, 0], [0, 1]])])
def test_an_empty_table_and_labels_without_glyphs_are_drawn(tmp_path: Path, confusion: np.ndarray) -> None:
    path = tmp_path / "picture.png"
    draw_confusion(confusion, ["好", "悪い"], path)
    assert path.read_bytes().startswith(b"\x89PNG")


def test_a_table_that_does_not_fit_its_names_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ShapeError, match=r"expected \[3, 3\] or \[4, 3\] for 3 classes, got \[2, 2\]"):
        draw_confusion(np.eye(2), ["a", "b", "c"], tmp_path / "x.png")
