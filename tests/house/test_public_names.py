"""What other people's programs may rely on. A name that leaves this list is a breaking change."""

import importlib

import pytest

import weft

PUBLIC = {
    "weft": ["DynamicEvaluation", "Evaluation", "Model", "NeuralCache", "__version__", "load", "train"],
    "weft.errors": ["BackendError", "ConfigError", "DataError", "RunError", "ShapeError", "WeftError", "nearest"],
    "weft.config": [
        "About", "Convolution", "Decoder", "Embedding", "Encoder", "Fitting", "NetworkRecipe", "PairData", "Range",
        "Recipe", "Section", "SelfAttention", "SymbolData", "TextData", "Training", "dump", "read", "recipe_path",
        "resolve", "validate",
    ],
    "weft.training": [
        "Begun", "Checkpointed", "Ended", "Listener", "Listeners", "Outcome", "Stepped", "Stopping", "Summary",
        "Trial", "Validated", "Working", "random_search", "train", "train_task",
    ],
    "weft.ngram": ["Backoff", "estimate", "read_arpa", "write_arpa"],
    "weft.nn": [
        "Embedding", "GRU", "LSTM", "RNN", "Recurrent", "Stepper", "join_rows", "label_loss", "multi_label_loss",
        "next_symbol_loss", "pool", "select_rows", "split_rows", "state_from_bytes", "state_to_bytes",
    ],
    "weft.sklearn": ["ArgumentError", "TextClassifier", "TextError", "Translator"],
}  # fmt: skip


@pytest.mark.parametrize("module", PUBLIC)
def test_public_names(module):
    loaded = importlib.import_module(module)
    listed = getattr(loaded, "__all__", None)
    if listed is None:
        own = [name for name, value in vars(loaded).items() if getattr(value, "__module__", "") == module]
        listed = [name for name in own if not name.startswith("_")]
    assert sorted(listed) == PUBLIC[module]
    assert all(getattr(loaded, name) is not None for name in PUBLIC[module])


def test_no_submodule_hides_a_public_function():
    assert not {path.stem for path in weft.catalog.ROOT.iterdir()} & {"train", "load"}


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="module 'weft' has no attribute 'trian'"):
        weft.trian  # noqa: B018
    assert dir(weft) == sorted(weft.__all__)
