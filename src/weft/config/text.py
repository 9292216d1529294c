"""Section ``[data]``: which columns are read and how text becomes symbols."""

from __future__ import annotations

from typing import Literal

from pydantic import ConfigDict, Field, field_validator, model_validator

from weft.catalog import TOKENIZERS
from weft.config.section import Section


class SymbolData(Section):
    """How texts become numbered symbols. Frozen into the run with the vocabulary learned from the training part."""

    # A column may be called 1.
    model_config = ConfigDict(coerce_numbers_to_str=True)

    quoting: Literal["auto", "csv", "none"] = Field(
        "auto", description="auto: .csv is quoted, .tsv is not (a quotation mark is a plain character)"
    )
    tokenizer: str = Field("word", description="a name that `data/tokenizers/` knows")
    grapheme: bool = Field(False, description="tokenizer char: user-perceived characters instead of code points")
    lowercase: bool = False
    punctuation: Literal["keep", "remove"] = Field(
        "keep",
        description="remove: spaces for punctuation and symbols; apostrophes inside words stay, as in transcripts",
    )
    min_count: int = Field(1, ge=1, description="symbols seen less often in training become the unknown symbol")
    max_symbols: int = Field(
        0, ge=0, description="largest vocabulary (0: no limit); size to learn for bpe and unigram (0: 8000)"
    )
    valid_fraction: float = Field(
        0.1, gt=0.0, lt=1.0, description="share of the training part held out when no validation file is given"
    )

    @field_validator("tokenizer")
    @classmethod
    def _known_tokenizer(cls, name: str) -> str:
        return TOKENIZERS.known(name)

    @model_validator(mode="after")
    def _graphemes_belong_to_char(self) -> SymbolData:
        if self.grapheme and self.tokenizer != "char":
            raise ValueError(f"grapheme is an option of tokenizer 'char' only, got it with {self.tokenizer!r}")
        return self


class TextData(SymbolData):
    """Files that hold a text a row."""

    text: str = Field("text", min_length=1, description="column that holds the text")

    @property
    def read_column(self) -> str:
        """The column of what a model of this data is given to read."""
        return self.text


class PairData(SymbolData):
    """Files that hold pairs of texts, one to be turned into the other."""

    source: str = Field("source", min_length=1, description="column that holds the text to read")
    target: str = Field("target", min_length=1, description="column that holds the text to write")
    shared: bool = Field(False, description="one vocabulary for both sides")
    target_tokenizer: str = Field("", description="tokenizer of the target, where it is another one than the source's")
    target_max_symbols: int = Field(0, ge=0, description="max_symbols of the target (0: as the source)")
    max_length: int = Field(
        100, ge=1, description="symbols of either side: longer pairs do not train, longer sources are cut and counted"
    )
    reverse_source: bool = Field(False, description="read the source from its end (Sutskever et al. 2014)")
    abbreviate: float = Field(
        0.0, ge=0.0, le=1.0, description="share of the sources of an epoch in which words are cut short"
    )

    @field_validator("target_tokenizer")
    @classmethod
    def _known_target_tokenizer(cls, name: str) -> str:
        return TOKENIZERS.known(name) if name else name

    @model_validator(mode="after")
    def _shared_means_alike(self) -> PairData:
        if self.shared and (self.target_tokenizer or self.target_max_symbols):
            raise ValueError("shared = true leaves no room for target_tokenizer or target_max_symbols")
        return self

    @property
    def of_target(self) -> PairData:
        """The same, with what is said of the target."""
        own = {"tokenizer": self.target_tokenizer, "max_symbols": self.target_max_symbols}
        return self.model_copy(update={name: value for name, value in own.items() if value})

    @property
    def read_column(self) -> str:
        """The column of what a model of this data is given to read."""
        return self.source
