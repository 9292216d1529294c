"""Section ``[training]``: optimiser, schedule, stopping, seeds; the same for every task that trains a network."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from weft.config.section import Section


class Fitting(Section):
    """What every way from data to a model needs; a model in closed form (``weft.types.Fits``) needs nothing else."""

    watch: str = Field("", description="the measure that decides what is best (empty: the task's first)")
    seed: int = Field(1, ge=0, lt=2**63)
    threads: int = Field(0, ge=0, description="CPU threads (0: all cores)")
    device: Literal["auto", "cpu", "cuda"] = "auto"


class Training(Fitting):
    """How a network is trained. Every field is a key of the recipe and an argument of ``--set training.KEY=VALUE``."""

    optimizer: Literal["sgd", "adam", "adamw", "adadelta", "rmsprop"] = "adam"
    lr: float = Field(1e-3, gt=0.0, description="start learning rate")
    init_range: float = Field(0.0, ge=0.0, description="all parameters start uniform on ± this (0: as each layer does)")
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
    averaging: Literal["none", "triggered", "exponential"] = Field(
        "none", description="which mean of the weights over the updates is validated and shipped"
    )
    averaging_patience: int = Field(
        5, ge=1, description="triggered: begins when a validation is no better than the best of those so many before"
    )
    averaging_decay: float = Field(0.999, gt=0.0, lt=1.0, description="exponential: what an update leaves of the mean")
    epochs: int = Field(10, ge=1)
    batch_size: int = Field(32, ge=1, description="texts a batch, or parallel streams of a language model")
    max_steps: int = Field(0, ge=0, description="stop after so many updates (0: no limit)")
    validate_every: int = Field(0, ge=0, description="updates between two validations (0: once an epoch)")
    patience: int = Field(0, ge=0, description="validations without a new best before stopping (0: never stop early)")
    autocast: bool = Field(False, description="matrix products in bfloat16 where the device gains from it")
    checkpoint_seconds: float = Field(60.0, ge=0.0, description="seconds between two checkpoints (0: every update)")

    @model_validator(mode="after")
    def _momentum_belongs_to_sgd(self) -> Training:
        if self.momentum and self.optimizer != "sgd":
            raise ValueError(f"momentum is an option of optimizer 'sgd' only, got it with {self.optimizer!r}")
        return self

    @model_validator(mode="after")
    def _averaging_comes_before_the_end(self) -> Training:
        if self.averaging == "triggered" and 0 < self.patience <= self.averaging_patience:
            raise ValueError(
                f"patience must be larger than averaging_patience {self.averaging_patience}, got {self.patience}: "
                "training would end before averaging can begin"
            )
        return self
