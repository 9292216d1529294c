"""What a person may set, checked before any data is read. Imports no torch."""

from weft.config.layers import Embedding, Encoder
from weft.config.recipe import About, NetworkRecipe, Range, Recipe, dump, read, recipe_path, resolve
from weft.config.section import Section, validate
from weft.config.text import TextData
from weft.config.training import Fitting, Training

__all__ = [
    "About",
    "Embedding",
    "Encoder",
    "Fitting",
    "NetworkRecipe",
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
