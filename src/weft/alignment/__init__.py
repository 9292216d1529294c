"""Word alignment without a network: IBM Model 1, the baseline that attention has to beat. Needs numpy only."""

from weft.alignment.model1 import Model1, train_model1

__all__ = ["Model1", "train_model1"]
