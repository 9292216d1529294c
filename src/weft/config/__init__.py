"""What a person may set, checked before any data is read. Imports no torch."""

from weft.config.decoder import Decoder
from weft.config.layers import Embedding, Encoder
from weft.config.parallel import Convolution, SelfAttention
from weft.config.recipe import About, NetworkRecipe, Range, Recipe, dump, read, recipe_path, resolve
from weft.config.section import Section, validate
from weft.config.text import PairData, SymbolData, TextData
from weft.config.training import Fitting, Training

__all__ = [
    "About",
    "Convolution",
    "Decoder",
    "Embedding",
    "Encoder",
    "Fitting",
    "NetworkRecipe",
    "PairData",
    "Range",
    "Recipe",
    "Section",
    "SelfAttention",
    "SymbolData",
    "TextData",
    "Training",
    "dump",
    "read",
    "recipe_path",
    "resolve",
    "validate",
]
