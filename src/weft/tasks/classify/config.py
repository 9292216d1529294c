"""What a classifier's recipe may say: text to one label, or to several."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from weft.config import Embedding, Encoder, NetworkRecipe, Section, TextData


class ClassifyData(TextData):
    """Texts with labels."""

    label: str = Field("label", min_length=1, description="column that holds the label")
    label_separator: str = Field("|", min_length=1, description="between the labels of one text (multi_label only)")
    max_length: int = Field(400, ge=1, description="symbols kept of a text; what is cut off is counted and shown")


class Head(Section):
    """From encoder outputs to class scores."""

    pool: Literal["last", "max", "mean"] = "max"
    dropout: float = Field(0.0, ge=0.0, lt=1.0, description="dropped share of the pooled features")
    multi_label: bool = Field(False, description="a text may have several labels, or none")
    class_weights: Literal["none", "balanced"] = Field(
        "none", description="balanced: a class counts inversely to its frequency in training"
    )


class Config(NetworkRecipe):
    """Recipe of task ``classify``."""

    task: Literal["classify"] = "classify"
    data: ClassifyData = ClassifyData()
    embedding: Embedding = Embedding()
    encoder: Encoder = Encoder()
    head: Head = Head()
