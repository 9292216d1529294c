"""Recipes: every problem told at once with the nearest right name, values laid over, written out and read back."""

import tomllib

import pytest

from weft import config
from weft.catalog import RECIPES, TASKS
from weft.errors import ConfigError


def problems(document, *settings):
    with pytest.raises(ConfigError) as caught:
        config.resolve(document, settings)
    return str(caught.value)


def test_all_problems_are_told_at_once():
    document = {
        "task": "classify",
        "training": {"optimzer": "adam", "lr": -1.0, "epochs": "many", "schedule": "cosin"},
        "encoder": {"cell": "ltsm"},
        "nonsense": 1,
    }
    text = problems(document)
    assert text.startswith("the recipe has 6 problems:\n")
    for line in (
        "training.optimzer: unknown key, did you mean 'optimizer'?",
        "training.lr: input should be greater than 0, got -1.0",
        "training.epochs: input should be a valid integer",
        "training.schedule: input should be 'constant', 'step', 'halving', 'cosine' or 'plateau', got 'cosin', "
        "did you mean 'cosine'?",
        "nonsense: unknown key",
    ):
        assert line in text
    known = "coupled-lstm, elman, gru, lstm, mingru, minlstm, mlstm, mrnn"
    assert f"encoder.cell: unknown cell 'ltsm', did you mean 'lstm'? (known cells: {known})\n" in text + "\n"


@pytest.mark.parametrize(
    ("document", "sentence"),
    [
        ({}, "the recipe names no task"),
        ({"task": "clasify"}, "unknown task 'clasify', did you mean 'classify'?"),
        (
            {"task": "classify", "encoder": {"options": {"peephole": True}}},
            "encoder: cell 'lstm': unknown option 'peephole', did you mean 'peepholes'? (options of lstm: bias, ",
        ),
        (
            {"task": "classify", "encoder": {"options": {"peepholes": 1}}},
            "encoder: cell 'lstm': option 'peepholes' must be true or false, got 1",
        ),
        ({"task": "classify", "encoder": {"activation": "relu"}}, "encoder: cell 'lstm': unknown option 'activation'"),
        (
            {"task": "classify", "training": {"momentum": 0.9}},
            "momentum is an option of optimizer 'sgd' only, got it with",
        ),
        ({"task": "language-model", "encoder": {"bidirectional": True}}, "a language model reads forward only"),
        (
            {"task": "language-model", "output": {"tied": True}, "embedding": {"size": 3}},
            "output.tied needs embedding.size = encoder.hidden, got 3 and 128",
        ),
        (
            {
                "task": "language-model",
                "output": {"tied": True},
                "embedding": {"size": 16},
                "encoder": {"hidden": 16, "options": {"projection": 4}},
            },
            "output.tied needs embedding.size = encoder.options.projection, got 16 and 4",
        ),
        (
            {"task": "classify", "encoder": {"activation": "relu", "options": 3}},
            "encoder.options: input should be a valid dictionary, got 3",
        ),
        (
            {"task": "language-model", "output": {"tied": True}, "embedding": {"kind": "one-hot"}},
            "output.tied needs embedding.kind = 'learned'",
        ),
        (
            {"task": "classify", "search": {"training.lrr": {}}},
            "search range for 'training.lrr': no such key, did you mean",
        ),
        ({"task": "classify", "data": {"tokenizer": "wrd"}}, "unknown tokenizer 'wrd', did you mean 'word'?"),
        ({"task": "classify", "encoder": {"feedforward": 8}}, "feedforward = 8 needs residual = true"),
        ({"task": "language-model", "output": {"kind": "adaptve"}}, "got 'adaptve', did you mean 'adaptive'?"),
        ({"task": "classify", "encoder": {"kernel": "fussed"}}, "unknown kernel 'fussed', did you mean 'fused'?"),
        ({"task": "classify", "training": {"seed": 2**63}}, "training.seed: input should be less than 92233720368547"),
        (
            {"task": "classify", "search": {"training.lr": {"lwo": 1}}},
            "search.training.lr.lwo: unknown key, did you mean 'low'?",
        ),
        ({"task": "classify", "format": 2}, "format: input should be 1, got 2"),
    ],
)
def test_one_problem_is_one_sentence(document, sentence):
    assert sentence in problems(document)


@pytest.mark.parametrize(
    "document",
    [
        {"task": "language-model", "encoder": {"bidirectional": True}},
        {"task": "classify", "encoder": {"activation": "relu"}},
    ],
)
def test_what_does_not_go_together_is_told_without_the_whole_section(document):
    assert ", got {" not in problems(document)


@pytest.mark.parametrize(
    ("setting", "sentence"),
    [
        ("training.lr", "--set needs KEY=VALUE, got 'training.lr'"),
        ("=3", "--set needs KEY=VALUE, got '=3'"),
        ("task.x=3", "'task' is a value, not a section"),
        ("training.lr=fast", "training.lr: input should be a valid number"),
        ("encoder.hiden=3", "encoder.hiden: unknown key, did you mean 'hidden'?"),
    ],
)
def test_a_wrong_setting_is_told(setting, sentence):
    assert sentence in problems({"task": "classify"}, setting)


def test_settings_are_laid_over_the_recipe():
    document = {"task": "classify", "training": {"lr": 0.5, "epochs": 3}}
    recipe = config.resolve(
        document, ["training.lr=0.01", "data.text=review", 'data.label="stars"', "encoder.bidirectional = true"]
    )
    assert recipe.training.lr == 0.01
    assert recipe.training.epochs == 3
    assert (recipe.data.text, recipe.data.label) == ("review", "stars")
    assert recipe.encoder.bidirectional is True
    assert document == {"task": "classify", "training": {"lr": 0.5, "epochs": 3}}


@pytest.mark.parametrize(
    ("encoder", "options"),
    [
        ({"cell": "lstm", "activation": "tanh"}, {}),
        ({"cell": "elman", "activation": "sigmoid"}, {"activation": "sigmoid"}),
        ({"cell": "elman", "activation": "tanh", "options": {"bias": False}}, {"activation": "tanh", "bias": False}),
    ],
)
def test_an_activation_beside_the_cell_is_still_read(encoder, options):
    """It stood there, also as a default, before cells had options; runs of that time load."""
    assert config.resolve({"task": "classify", "encoder": encoder}).encoder.options == options


@pytest.mark.parametrize("name", RECIPES.names())
def test_every_recipe_resolves_and_says_what_it_is(name):
    recipe = config.resolve(config.read(name), where=name)
    assert recipe.about.title
    assert recipe.about.source
    assert recipe.task in TASKS.names()


@pytest.mark.parametrize("name", RECIPES.names())
def test_a_recipe_written_out_reads_back_the_same(name, tmp_path):
    recipe = config.resolve(config.read(name))
    path = tmp_path / "recipe.toml"
    path.write_text(config.dump(recipe), encoding="utf-8")
    values = tomllib.loads(path.read_text(encoding="utf-8"))
    assert values["format"] == 1
    assert values["training"]["seed"] == recipe.training.seed
    assert config.resolve(config.read(str(path))) == recipe


def test_search_ranges_are_kept(tmp_path):
    ranges = {"training.lr": {"low": 1e-4, "high": 1e-2, "log": True}, "encoder.cell": {"choices": ["gru", "lstm"]}}
    recipe = config.resolve({"task": "classify", "search": ranges})
    assert recipe.search["encoder.cell"].choices == ["gru", "lstm"]
    assert config.resolve(tomllib.loads(config.dump(recipe))) == recipe


def test_the_folder_of_recipes_is_read_whole():
    assert len(RECIPES.names()) == len(list(RECIPES.path("tiny-classify").parent.glob("*.toml"))) >= 6


def test_a_recipe_is_found_by_name_or_path(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text('task = "classify"\n')
    assert config.recipe_path("tiny-classify").name == "tiny-classify.toml"
    assert config.read(str(path)) == {"task": "classify"}
    with pytest.raises(ConfigError, match=r"unknown recipe 'tiny-clasify', did you mean 'tiny-classify'\?"):
        config.read("tiny-clasify")
    with pytest.raises(ConfigError, match=r"no recipe file '.*other\.toml'"):
        config.read(str(tmp_path / "other.toml"))


@pytest.mark.parametrize("content", [b"task = = 3", b"\xff\xfe"])
def test_a_file_that_is_no_toml_is_told(tmp_path, content):
    path = tmp_path / "broken.toml"
    path.write_bytes(content)
    with pytest.raises(ConfigError, match=r"broken\.toml: not a TOML file"):
        config.read(str(path))
