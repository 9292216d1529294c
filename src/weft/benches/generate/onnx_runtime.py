"""The same network as an ONNX graph, run step by step by onnxruntime; both packages are optional."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import Any

import numpy as np
import torch
from torch import Tensor

from weft.benches.generate.steppers import LAYERS, UNITS, full_output
from weft.nn.recurrent import Recurrent
from weft.tasks.language_model.model import LanguageModel

PACKAGES = ("onnx", "onnxruntime")
OPSET, IR_VERSION = 17, 9
GATES = (0, 3, 1, 2)
"""torch's gates i, f, g, o in ONNX's order i, o, f, c."""


def absence() -> str:
    """Why this cannot run: the packages that are missing; empty when none is."""
    missing = [name for name in PACKAGES if find_spec(name) is None]
    return f"not installed (pip install {' '.join(missing)})" if missing else ""


class OnnxStepper:
    """A stepper on a session with as many threads as torch; ask ``absence`` first.

    On a CPU the session reads and writes the arrays themselves (an I/O binding): what one step writes of the states the
    next one reads, and the arrays must live as long as the session.
    """

    def __init__(self, module: LanguageModel) -> None:
        runtime = import_module("onnxruntime")
        options = runtime.SessionOptions()
        options.intra_op_num_threads = torch.get_num_threads()
        self._session = runtime.InferenceSession(_graph(module), options, providers=["CPUExecutionProvider"])
        self._symbol, self._logits = np.zeros(1, np.int64), np.zeros((1, full_output(module).out_features), np.float32)
        self._states = [{name: np.zeros((1, 1, UNITS), np.float32) for name in _state_names()} for _ in range(2)]
        symbol, logits = (runtime.OrtValue.ortvalue_from_numpy(each) for each in (self._symbol, self._logits))
        before, after = (
            {name: runtime.OrtValue.ortvalue_from_numpy(array) for name, array in each.items()} for each in self._states
        )
        self._now = _bound(self._session, symbol, logits, before, after)
        self._next = _bound(self._session, symbol, logits, after, before)

    def __call__(self, symbol: int) -> Tensor:
        """Read a symbol: logits [V] of the next one."""
        self._symbol[0] = symbol
        self._session.run_with_iobinding(self._now)
        self._now, self._next = self._next, self._now
        return torch.from_numpy(self._logits[0].copy())


def _bound(session: Any, symbol: Any, logits: Any, before: dict[str, Any], after: dict[str, Any]) -> Any:
    binding = session.io_binding()
    binding.bind_ortvalue_input("symbol", symbol)
    binding.bind_ortvalue_output("logits", logits)
    for name in _state_names():
        binding.bind_ortvalue_input(name, before[name])
        binding.bind_ortvalue_output(f"next {name}", after[name])
    return binding


def _state_names() -> list[str]:
    return [f"{state} {place}" for place in range(LAYERS) for state in ("h", "c")]


def _graph(module: LanguageModel) -> bytes:
    """Gather, LSTM nodes, Gemm: what an exporter writes for one step."""
    onnx = import_module("onnx")
    helper, kinds = onnx.helper, onnx.TensorProto
    values: dict[str, np.ndarray] = {"table": _array(module.embedding.weight)}
    nodes = [helper.make_node("Gather", ["table", "symbol"], ["vector"]), _unsqueeze(helper, values)]
    x = "x 0"
    for place in range(LAYERS):
        values |= _weights(module, place)
        names = [f"{part} {place}" for part in ("W", "R", "B")]
        inputs = [x, *names, "", f"h {place}", f"c {place}"]
        outputs = [f"y {place}", f"next h {place}", f"next c {place}"]
        nodes.append(helper.make_node("LSTM", inputs, outputs, hidden_size=UNITS))
        x = f"x {place + 1}"
        nodes.append(helper.make_node("Squeeze", [f"y {place}", "axis 1"], [x]))
    values |= {"axis 0": np.array([0]), "axis 1": np.array([1])}
    output = full_output(module)
    values |= {"out W": _array(output.weight), "out b": _array(output.bias)}
    nodes.append(helper.make_node("Squeeze", [x, "axis 0"], ["top"]))
    nodes.append(helper.make_node("Gemm", ["top", "out W", "out b"], ["logits"], transB=1))
    states = {name: helper.make_tensor_value_info(name, kinds.FLOAT, [1, 1, UNITS]) for name in _state_names()}
    after = [helper.make_tensor_value_info(f"next {name}", kinds.FLOAT, [1, 1, UNITS]) for name in states]
    symbol = helper.make_tensor_value_info("symbol", kinds.INT64, [1])
    logits = helper.make_tensor_value_info("logits", kinds.FLOAT, [1, output.out_features])
    constants = [onnx.numpy_helper.from_array(value, name) for name, value in values.items()]
    graph = helper.make_graph(nodes, "step", [symbol, *states.values()], [logits, *after], constants)
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION)
    serialized: bytes = made.SerializeToString()
    return serialized


def _unsqueeze(helper: Any, values: dict[str, np.ndarray]) -> Any:
    """[B, D] -> [T = 1, B, D], as ONNX's LSTM wants it."""
    values["axis 0"] = np.array([0])
    return helper.make_node("Unsqueeze", ["vector", "axis 0"], ["x 0"])


def _weights(module: LanguageModel, place: int) -> dict[str, np.ndarray]:
    assert isinstance(module.encoder, Recurrent)
    params = module.encoder.parameters_of(place, "")
    biases = np.concatenate([_gates(params[name]) for name in ("bias_ih", "bias_hh")])
    return {
        f"W {place}": _gates(params["weight_ih"])[None],
        f"R {place}": _gates(params["weight_hh"])[None],
        f"B {place}": biases[None],
    }


def _gates(value: Tensor) -> np.ndarray:
    """Rows of torch's gates in ONNX's order."""
    blocks = value.detach().view(4, UNITS, -1)[list(GATES)]
    return _array(blocks.reshape(value.shape))


def _array(value: Tensor | None) -> np.ndarray:
    assert value is not None
    array: np.ndarray = value.detach().contiguous().numpy()
    return array
