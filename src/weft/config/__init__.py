"""What a person may set, checked before any data is read. Imports no torch."""

from weft.config.layers import Embedding, Encoder
from weft.config.recipe import About, Range, Recipe, dump, read, recipe_path, resolve
from weft.config.section import Section, validate
from weft.config.text import TextData
from weft.config.training import Training

__all__ = [
    "About",
    "Embedding",
    "Encoder",
    "Range",
    "Recipe",
    "Section",
    "TextData",
    "Training",
    "dump",
    "read",
    "recipe_path",
    "resolve",
    "validate",
]
