"""Why a network said what it said. Each entry of this folder is one kind of explanation; ``gates`` shows gate traces.

A further kind is one new file (or folder) here, and ``weft explain RUN --kind NAME`` finds it by listing. Its first
docstring line is its summary; it has ``explain(model, text, *, units=()) -> Explanation``, which computes everything
and refuses what it cannot do. What it gives back knows how to show itself four ways; see ``Explanation``.
"""

from weft.explain._contract import ENDINGS, Explanation, Line, check_ending, write_file
from weft.explain.gates.reading import gate_traces
from weft.explain.gates.traces import EncoderTraces, GateTraces, GateValues, Symbol, Trace, encoder_traces

__all__ = [
    "ENDINGS",
    "EncoderTraces",
    "Explanation",
    "GateTraces",
    "GateValues",
    "Line",
    "Symbol",
    "Trace",
    "check_ending",
    "encoder_traces",
    "gate_traces",
    "write_file",
]
