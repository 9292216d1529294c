"""What a linear probe reads back from the fixed vector of a translator without attention."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch

import weft
from weft.errors import ConfigError, RunError
from weft.explain import write_file
from weft.explain.fixed_vector import _probed, explain, refuse


def test_a_probe_finds_what_is_there_and_nothing_else():
    torch.manual_seed(1)
    stood = np.arange(200) % 3
    known = torch.randn(200, 5)
    known[:, 2] += torch.from_numpy(stood) * 8.0
    learn, test = np.arange(150), np.arange(150, 200)
    accuracy, baseline, own = _probed(known, known[:1], stood, learn, test)
    assert accuracy > 0.9
    assert baseline == pytest.approx(1 / 3, abs=0.03)
    assert own == 0
    accuracy, _, _ = _probed(torch.randn(200, 5), known[:1], stood, learn, test)
    assert accuracy < 0.6


def test_the_last_symbol_is_better_kept_than_chance(fixed_vector_run, tmp_path):
    found = explain(weft.load(fixed_vector_run), "abca")
    assert [place.number for place in found.places] == [1, 2, 3, 4]
    assert found.width == 16
    last = found.places[-1]
    assert last.accuracy > last.baseline
    assert [place.symbol for place in found.places] == list("abca")
    assert json.dumps(found.to_json())
    assert len(list(found.lines(80, "0123456789"))) == 6
    for name in ("probe.html", "probe.png"):
        write_file(found, tmp_path / name)
        assert (tmp_path / name).stat().st_size > 500


def test_what_has_none_is_refused(translator_run, classifier_run, fixed_vector_run):
    assert "has attention" in refuse(weft.load(translator_run))
    assert "keeps no fixed vector" in refuse(weft.load(classifier_run))
    with pytest.raises(ConfigError, match="no units"):
        explain(weft.load(fixed_vector_run), "abc", units=(1,))
    model = weft.load(fixed_vector_run)
    data = fixed_vector_run.parent / "copies.jsonl"
    data.write_text(data.read_text(encoding="utf-8") + "\n", encoding="utf-8")
    with pytest.raises(RunError, match="has changed"):
        explain(model, "abc")
