"""Why a model said what it said. Each entry of this folder is one kind of explanation: ``gates`` shows gate traces,
``surprise`` what a language model expected.

A further kind is one new file (or folder) here, and ``weft explain RUN --kind NAME`` finds it by listing. Its first
docstring line is its summary. It has ``refuse(model) -> str``, why a run cannot be explained so ("" when it can), and
``explain(model, text, *, units=()) -> Explanation``, which computes everything and refuses what it cannot do. What that
gives back knows how to show itself four ways; see ``Explanation``.
"""

from weft.explain._contract import ENDINGS, Explanation, Line, check_ending, write_file
from weft.explain._symbols import Symbol
from weft.explain.gates.reading import gate_traces
from weft.explain.gates.traces import EncoderTraces, GateTraces, GateValues, Trace, encoder_traces
from weft.explain.surprise.measures import Prediction, Reach, Surprises
from weft.explain.surprise.reading import surprises

__all__ = [
    "ENDINGS",
    "EncoderTraces",
    "Explanation",
    "GateTraces",
    "GateValues",
    "Line",
    "Prediction",
    "Reach",
    "Surprises",
    "Symbol",
    "Trace",
    "check_ending",
    "encoder_traces",
    "gate_traces",
    "surprises",
    "write_file",
]
