"""A way that the task declares must run: gone, refused or broken, it fails the certificate."""

import pytest

from weft.catalog import WAYS
from weft.types import WAYS_OF_RUNNING
from weft.verify._contract import Way
from weft.verify.ways import padded, ragged, shuffled, streamed


def line(certificate, way):
    (found,) = [each for each in certificate.lines if each.way == way]
    return found


def changed(way, **values):
    return {"": Way(**{**vars(way.ways[""]), **values})}


def test_every_way_of_the_folder_is_declared_by_the_tasks(trained):
    for task in ("classify", "language-model"):
        model = trained(task)
        assert set(model.task.ways(model.config)) == set(WAYS.names()) == set(WAYS_OF_RUNNING)


def test_a_way_that_vanished_is_missed(trained, verdicts, monkeypatch):
    names = [name for name in WAYS.names() if name != "padded"]
    monkeypatch.setattr(WAYS, "names", lambda: names)
    certificate = verdicts(trained("language-model"))
    assert not certificate.passed
    assert "fewer ways ran than it asks for" in line(certificate, "padded").reason
    assert line(certificate, "saved").reason == "'padded' did not run, so there is nothing to hold it against"
    assert line(certificate, "padded").largest is None


def test_a_declared_way_may_not_refuse(trained, verdicts, monkeypatch):
    monkeypatch.setattr(streamed, "ways", changed(streamed, refuse=lambda subject: "not today"))
    certificate = verdicts(trained("language-model"))
    assert (line(certificate, "streamed").verdict, line(certificate, "streamed").reason) == ("fail", "not today")
    assert certificate.faults == ("streamed: not today",)


def test_what_a_machine_lacks_fails_nothing(trained, verdicts, monkeypatch):
    monkeypatch.setattr(shuffled, "ways", changed(shuffled, absent=lambda: "no cards to shuffle"))
    certificate = verdicts(trained("language-model"))
    assert certificate.passed
    assert line(certificate, "shuffled").verdict == "not applicable"


@pytest.mark.parametrize("error", [RuntimeError("no\nmemory"), ValueError("no\nmemory")])
def test_a_way_that_breaks_fails_and_the_others_go_on(trained, verdicts, monkeypatch, error):
    def breaks(subject, texts):
        raise error

    monkeypatch.setattr(ragged, "ways", changed(ragged, answer=breaks))
    certificate = verdicts(trained("language-model"))
    assert line(certificate, "ragged").reason == f"ended in an error: {type(error).__name__}: no"
    assert line(certificate, "other-padding").verdict == "fail"
    assert line(certificate, "padded").verdict == "pass"


def test_a_new_way_joins_by_its_file(trained, verdicts, monkeypatch):
    model = trained("language-model")
    declared = {name: "" for name in WAYS_OF_RUNNING if name != "shuffled"}
    monkeypatch.setattr(type(model.task), "ways", lambda self, config: declared)
    assert line(verdicts(model), "shuffled").verdict == "pass"
    monkeypatch.setattr(padded, "ways", changed(padded, refuse=lambda subject: "no"))
    declared.pop("padded")
    assert line(verdicts(model), "padded").verdict == "not applicable"
