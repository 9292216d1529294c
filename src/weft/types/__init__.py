"""The contracts every room agrees on: batches, states, cells, kernels, decoders, scores and tasks.

Sizes in shapes: B rows of a batch, T time steps, D input width, H hidden units, V symbols. Nothing here imports torch.
"""

from weft.types.data import Batch, Data, Feed, Files, TextVocabulary, Vocabulary
from weft.types.decoding import Decoder, Draws, Step, Writer
from weft.types.measures import Evidence, LabelEvidence, LikelihoodEvidence, Score
from weft.types.recurrence import Cell, DirectKernel, Kernel, LinearCell, LookUp, Params, Spec, State
from weft.types.tasks import WAYS_IN_PIECES, WAYS_OF_RUNNING, Generates, Loss, Network, Predicts, Reader, Task

__all__ = [
    "WAYS_IN_PIECES",
    "WAYS_OF_RUNNING",
    "Batch",
    "Cell",
    "Data",
    "Decoder",
    "DirectKernel",
    "Draws",
    "Evidence",
    "Feed",
    "Files",
    "Generates",
    "Kernel",
    "LabelEvidence",
    "LikelihoodEvidence",
    "LinearCell",
    "LookUp",
    "Loss",
    "Network",
    "Params",
    "Predicts",
    "Reader",
    "Score",
    "Spec",
    "State",
    "Step",
    "Task",
    "TextVocabulary",
    "Vocabulary",
    "Writer",
]
