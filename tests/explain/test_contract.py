"""What every kind of explanation gives back."""

from __future__ import annotations

import json

import pytest

import weft
from weft.catalog import EXPLANATIONS


@pytest.mark.parametrize("name", EXPLANATIONS.names())
def test_every_kind_explains_what_it_does_not_refuse(
    name, classifier_run, language_model_run, translator_run, fixed_vector_run
):
    kind = EXPLANATIONS.load(name)
    models = map(weft.load, (classifier_run, language_model_run, translator_run, fixed_vector_run))
    fitting = [model for model in models if not kind.refuse(model)]
    assert fitting
    for model in fitting:
        explanation = kind.explain(model, "a cab")
        assert json.loads(json.dumps(explanation.to_json()))["kind"] == name
        assert all(callable(getattr(explanation, member)) for member in ("to_json", "lines", "picture", "page"))
