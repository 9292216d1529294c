"""The contracts every room agrees on: batches, states, cells, kernels, decoders, scores and tasks.

Sizes in shapes: B rows of a batch, T time steps, D input width, H hidden units, V symbols. Nothing here imports torch.
"""

from weft.types.adaptation import Adapts, DynamicEvaluation, NeuralCache, Trial, Tuned
from weft.types.data import Batch, Data, Feed, Files, Place, TextVocabulary, Vocabulary
from weft.types.decoding import Decoder, Draws, ReadsOn, Step, Writer
from weft.types.measures import (
    AlignmentEvidence,
    Evidence,
    LabelEvidence,
    LikelihoodEvidence,
    Link,
    Score,
    TextEvidence,
    TranslationEvidence,
)
from weft.types.recurrence import Cell, DirectKernel, Kernel, LinearCell, LookUp, Params, Spec, State
from weft.types.tasks import (
    WAYS_IN_PIECES,
    WAYS_OF_RUNNING,
    Aligns,
    Fit,
    FitProgress,
    Fits,
    Generates,
    Loss,
    Network,
    Predicts,
    Reader,
    Task,
    Trains,
)

__all__ = [
    "WAYS_IN_PIECES",
    "WAYS_OF_RUNNING",
    "Adapts",
    "AlignmentEvidence",
    "Aligns",
    "Batch",
    "Cell",
    "Data",
    "Decoder",
    "DirectKernel",
    "Draws",
    "DynamicEvaluation",
    "Evidence",
    "Feed",
    "Files",
    "Fit",
    "FitProgress",
    "Fits",
    "Generates",
    "Kernel",
    "LabelEvidence",
    "LikelihoodEvidence",
    "LinearCell",
    "Link",
    "LookUp",
    "Loss",
    "Network",
    "NeuralCache",
    "Params",
    "Place",
    "Predicts",
    "Reader",
    "ReadsOn",
    "Score",
    "Spec",
    "State",
    "Step",
    "Task",
    "TextEvidence",
    "TextVocabulary",
    "Trains",
    "TranslationEvidence",
    "Trial",
    "Tuned",
    "Vocabulary",
    "Writer",
]
