"""Classes and their numbers."""

import pytest

from weft.data.labels import Labels
from weft.errors import DataError, RunError


def test_names_are_sorted_numbers_by_value_and_first():
    labels = Labels.learn(["10", "b", "9", "-1", "a", "9", "nan"])
    assert labels.names == ("-1", "9", "10", "a", "b", "nan")
    assert labels.counts == (1, 2, 1, 1, 1, 1)
    assert [labels.number(name) for name in ("9", "b", "c")] == [1, 4, -1]
    assert len(labels) == 6


def test_labels_survive_json():
    labels = Labels.learn(["b", "a", "b"])
    assert Labels.from_json(labels.to_json()) == labels


def test_no_label_is_an_error():
    with pytest.raises(DataError, match="the training part has no label") as error:
        Labels.learn([])
    assert "data.label" in error.value.hint


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"names": ["a"], "counts": []},
        {"names": "ab", "counts": [1, 2]},
        {"names": ["a", "a"], "counts": [1, 2]},
        {"names": [1], "counts": [1]},
        {"names": ["a"], "counts": ["1"]},
    ],
)
def test_damaged_labels_are_told(values):
    with pytest.raises(RunError, match="damaged: labels must be different names with counts, got") as error:
        Labels.from_json(values)
    assert "backup" in error.value.hint
