"""Section ``[training]``: optimiser, schedule, stopping, seeds; the same for every task."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from weft.config.section import Section


class Training(Section):
    """How a network is trained. Every field is a key of the recipe and an argument of ``--set training.KEY=VALUE``."""

    optimizer: Literal["sgd", "adam", "adamw", "adadelta", "rmsprop"] = "adam"
    lr: float = Field(1e-3, gt=0.0, description="start learning rate")
    momentum: float = Field(0.0, ge=0.0, lt=1.0, description="sgd only")
    decay_rate: float = Field(0.9, gt=0.0, lt=1.0, description="memory of squared gradients (rmsprop, adadelta)")
    weight_decay: float = Field(0.0, ge=0.0)
    schedule: Literal["constant", "step", "halving", "cosine", "plateau"] = "constant"
    schedule_every: int = Field(1, ge=1, description="epochs between two reductions (step, halving)")
    schedule_after: int = Field(0, ge=0, description="epochs before the first reduction (step, halving)")
    schedule_factor: float = Field(0.5, gt=0.0, lt=1.0, description="multiplier of a reduction (step, plateau)")
    schedule_patience: int = Field(0, ge=0, description="validations without a new best before a reduction (plateau)")
    warmup_steps: int = Field(0, ge=0, description="steps over which the rate rises linearly from 0")
    clip_norm: float = Field(0.0, ge=0.0, description="largest norm of the whole gradient (0: no clipping)")
    clip_value: float = Field(0.0, ge=0.0, description="largest size of one gradient element (0: no clipping)")
    epochs: int = Field(10, ge=1)
    batch_size: int = Field(32, ge=1, description="texts a batch, or parallel streams of a language model")
    max_steps: int = Field(0, ge=0, description="stop after so many updates (0: no limit)")
    validate_every: int = Field(0, ge=0, description="updates between two validations (0: once an epoch)")
    patience: int = Field(0, ge=0, description="validations without a new best before stopping (0: never stop early)")
    watch: str = Field("", description="the measure that decides what is best (empty: the task's first)")
    autocast: bool = Field(False, description="matrix products in bfloat16 where the device gains from it")
    checkpoint_seconds: float = Field(60.0, ge=0.0, description="seconds between two checkpoints (0: every update)")
    seed: int = Field(1, ge=0, lt=2**63)
    threads: int = Field(0, ge=0, description="CPU threads (0: all cores)")
    device: Literal["auto", "cpu", "cuda"] = "auto"

    @model_validator(mode="after")
    def _momentum_belongs_to_sgd(self) -> Training:
        if self.momentum and self.optimizer != "sgd":
            raise ValueError(f"momentum is an option of optimizer 'sgd' only, got it with {self.optimizer!r}")
        return self
