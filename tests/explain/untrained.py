"""Models of every make without a training: a vocabulary from a few texts, fresh parameters."""

import torch

from weft.catalog import TASKS
from weft.config import resolve
from weft.data.codec import Codec
from weft.data.labels import Labels
from weft.data.stream import StreamVocabulary
from weft.model import Model
from weft.tasks.classify.task import ClassifyVocabulary

from opinions import BAD, GOOD


def classifier(*, tokenizer: str = "word", texts: list[str] | None = None, **sections) -> Model:
    """A classifier of labels good and bad over ``texts``; ``sections`` are laid over the recipe."""
    config = _config("classify", tokenizer, sections)
    codec = Codec.learn(texts or GOOD + BAD, config.data, end=False)
    return _model(config, ClassifyVocabulary(codec, Labels.learn(["good", "bad"])))


def language_model(*, tokenizer: str = "char", texts: list[str] | None = None, **sections) -> Model:
    """A language model over the characters of ``texts``."""
    config = _config("language-model", tokenizer, sections)
    return _model(config, StreamVocabulary(Codec.learn(texts or GOOD + BAD, config.data, end=True)))


def _config(task, tokenizer, sections):
    small = {"task": task, "data": {}, "embedding": {"size": 5}, "encoder": {"hidden": 6}}
    document = {key: {**small.get(key, {}), **sections.get(key, {})} for key in {*small, *sections} - {"task"}}
    return resolve({**document, "task": task, "data": {"tokenizer": tokenizer, **document["data"]}})


def _model(config, vocabulary) -> Model:
    torch.manual_seed(3)
    task = TASKS.load(config.task, "task").task
    return Model(config=config, task=task, vocabulary=vocabulary, module=task.build(config, vocabulary, {}))
