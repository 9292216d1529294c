"""What a language model's recipe may say: the next symbol from all symbols before it."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from weft.config import Embedding, Encoder, NetworkRecipe, Section, TextData


class LanguageModelData(TextData):
    """A stream of text; every line ends in an end-of-line symbol."""

    tokenizer: str = "char"
    context: Literal["text", "line"] = Field(
        "text", description="what a prediction looks back at: all the text before it, or its line alone"
    )
    window: int = Field(50, ge=1, description="context text: steps of truncated back-propagation through time")
    window_spread: float = Field(0.0, ge=0.0, description="standard deviation of a window's length in training")
    window_half: float = Field(0.0, ge=0.0, lt=1.0, description="share of the windows that are about half as long")


class Output(Section):
    """From encoder outputs to a distribution over the next symbol."""

    kind: Literal["full", "adaptive", "sampled"] = Field(
        "full", description="adaptive: rare symbols in clusters; sampled: training scores a few drawn symbols only"
    )
    cutoffs: list[int] = Field([], description="adaptive: first symbol of each cluster (empty: by the vocabulary)")
    samples: int = Field(2000, ge=1, description="sampled: symbols drawn for an update")
    tied: bool = Field(False, description="output matrix = embedding matrix, as wide as the encoder")
    dropout: float = Field(0.0, ge=0.0, lt=1.0, description="dropped share of the encoder's output")
    locked: bool = Field(False, description="this dropout: one mask for all steps of a row")


class Penalty(Section):
    """What the loss adds to the surprise, in no number that is reported (Merity 2017)."""

    size: float = Field(0.0, ge=0.0, description="times the mean square of the dropped output (AR, alpha)")
    change: float = Field(0.0, ge=0.0, description="times the mean square of its change from step to step (TAR, beta)")


class Config(NetworkRecipe):
    """Recipe of task ``language-model``."""

    task: Literal["language-model"] = "language-model"
    data: LanguageModelData = LanguageModelData()
    embedding: Embedding = Embedding()
    encoder: Encoder = Encoder()
    output: Output = Output()
    penalty: Penalty = Penalty()

    @model_validator(mode="after")
    def _runs_forward_in_time(self) -> Config:
        if self.encoder.bidirectional:
            raise ValueError("a language model reads forward only; with encoder.bidirectional it would see the answer")
        if self.output.tied and self.embedding.kind != "learned":
            raise ValueError("output.tied needs embedding.kind = 'learned'")
        width = self.encoder.width
        if self.output.tied and self.embedding.size != width:
            of = "options.projection" if self.encoder.options.get("projection") else "hidden"
            of = "last_hidden" if of == "hidden" and self.encoder.last_hidden else of
            raise ValueError(f"output.tied needs embedding.size = encoder.{of}, got {self.embedding.size} and {width}")
        return self
