"""Gate traces have a law: what they reproduce equals the network's own forward pass, for every cell in every make."""

import numpy as np
import pytest
import torch

from explain.untrained import classifier, language_model
from weft.catalog import CELLS
from weft.config import Encoder
from weft.errors import ConfigError, DataError, RunError
from weft.explain import encoder_traces, gate_traces
from weft.explain.gates import explain
from weft.explain.gates.words import is_gate, name_of
from weft.nn.blocks import Blocks
from weft.nn.recurrent import Recurrent

STEPS, WIDTH, HIDDEN = 9, 4, 6
OPTIONS = {
    "elman-sigmoid": ("elman", {"options": {"activation": "sigmoid"}}),
    "gru-before": ("gru", {"options": {"reset": "before"}}),
    "lstm-peepholes-projection": ("lstm", {"options": {"peepholes": True, "projection": 3, "cell_clip": 0.2}}),
    "mrnn-released": ("mrnn", {"options": {"form": "released", "factors": 5}}),
    "gru-zoneout": ("gru", {"zoneout": 0.4}),
    "lstm-learned-start": ("lstm", {"learned_start": True, "dropout": 0.5, "weight_dropout": 0.5}),
}
MAKES = {name: (name, {}) for name in CELLS.names()} | OPTIONS


def encoder(make: str, **shape) -> Recurrent:
    cell, more = MAKES[make]
    torch.manual_seed(1)
    made = Recurrent(cell=cell, input_size=WIDTH, hidden_size=HIDDEN, **more, **shape)
    with torch.no_grad():
        for parameter in made.parameters():
            parameter.normal_(0.0, 0.6)
    return made.eval()


def sequence() -> torch.Tensor:
    return torch.randn(STEPS, WIDTH, generator=torch.Generator().manual_seed(2))


def values(trace, key: str) -> np.ndarray:
    return next(gate.values for gate in trace.gates if gate.key == key)


@pytest.mark.parametrize("shape", [{}, {"layers": 2, "bidirectional": True}], ids=["single", "stacked-both-ways"])
@pytest.mark.parametrize("make", MAKES)
def test_outputs_and_final_states_are_those_of_the_forward_pass(make, shape):
    made, x = encoder(make, **shape), sequence()
    y, after = made(x.unsqueeze(0), torch.tensor([STEPS]))
    traced = encoder_traces(made, x)
    np.testing.assert_allclose(traced.outputs, y[0].detach().numpy(), rtol=0, atol=1e-5)
    assert set(traced.states) == set(after)
    for key, value in after.items():
        np.testing.assert_allclose(traced.states[key], value[0].detach().numpy(), rtol=0, atol=1e-5, err_msg=key)
    last = [values(trace, "h") for trace in traced.traces if trace.layer == len(made.cells) - 1]
    np.testing.assert_array_equal(np.concatenate(last, axis=1), traced.outputs)


def test_blocks_are_traced_layer_by_layer():
    torch.manual_seed(1)
    section = Encoder(cell="mingru", hidden=WIDTH, layers=3, residual=True, norm="rms", feedforward=4, dropout=0.5)
    made, x = Blocks(section, WIDTH).train(), sequence()
    traced = encoder_traces(made, x)
    assert made.training
    y, after = made.eval()(x.unsqueeze(0))
    np.testing.assert_allclose(traced.outputs, y[0].detach().numpy(), rtol=0, atol=1e-5)
    assert [trace.layer for trace in traced.traces] == [0, 1, 2]
    for key, value in after.items():
        np.testing.assert_allclose(traced.states[key], value[0].detach().numpy(), rtol=0, atol=1e-5, err_msg=key)


def test_the_reverse_directions_values_stand_at_their_symbols():
    made, x = encoder("lstm", bidirectional=True), sequence()
    other = x.clone()
    other[0] += 1.0
    before, after = encoder_traces(made, x).traces, encoder_traces(made, other).traces
    assert [trace.direction for trace in before] == ["forward", "reverse"]
    for key in ("i", "f", "g", "o", "c", "h"):
        forward, reverse = (
            np.abs(values(a, key) - values(b, key)).max(axis=1) for a, b in zip(before, after, strict=True)
        )
        assert (forward > 0).all(), key
        assert reverse[0] > 0, key
        assert (reverse[1:] == 0).all(), key


def test_gates_stand_under_their_own_names():
    trace = encoder_traces(encoder("lstm"), sequence()).traces[0]
    i, f, g, o, c, h = (values(trace, key) for key in "ifgoch")
    kept = np.concatenate([np.zeros((1, HIDDEN)), c[:-1]])
    np.testing.assert_allclose(c, f * kept + i * g, atol=1e-6)
    np.testing.assert_allclose(h, o * np.tanh(c), atol=1e-6)
    assert [gate.name for gate in trace.gates] == [
        "input gate", "forget gate", "candidate", "output gate", "output", "cell"
    ]  # fmt: skip
    assert [gate.key for gate in trace.gates if gate.gate] == ["i", "f", "o"]


def test_dropout_does_not_act_in_training_mode_either():
    made, x = encoder("lstm-learned-start", layers=2), sequence()
    expected = encoder_traces(made, x).outputs
    np.testing.assert_array_equal(encoder_traces(made.train(), x).outputs, expected)
    zoned = encoder("gru-zoneout")
    expected = encoder_traces(zoned, x).outputs
    np.testing.assert_array_equal(encoder_traces(zoned.train(), x).outputs, expected)


def test_every_named_value_of_every_cell_has_words():
    for name in CELLS.names():
        for gate in encoder_traces(encoder(name), sequence()).traces[0].gates:
            assert gate.name != gate.key, (name, gate.key)
            assert not gate.gate or (gate.values.min() >= 0.0 and gate.values.max() <= 1.0)


def test_values_that_have_no_words_yet():
    assert name_of("new", "q") == "q"
    assert is_gate("new", "q", low=0.1, high=1.0, state=False)
    assert not is_gate("new", "q", low=-0.1, high=1.0, state=False)
    assert not is_gate("new", "q", low=0.1, high=1.0, state=True)
    assert name_of("mrnn", "f") == "factors"
    assert not is_gate("mrnn", "f", low=0.1, high=0.2, state=False)


def test_saturation_is_counted_a_unit():
    trace = encoder_traces(encoder("gru"), sequence()).traces[0]
    gate = next(gate for gate in trace.gates if gate.key == "z")
    shut = [sum(value < 0.1 for value in column) / STEPS for column in gate.values.T.tolist()]
    opened = [sum(value > 0.9 for value in column) / STEPS for column in gate.values.T.tolist()]
    assert gate.left.tolist() == pytest.approx(shut)
    assert gate.right.tolist() == pytest.approx(opened)
    assert max(shut) > 0
    assert max(opened) > 0
    output = trace.gates[-1]
    assert output.unit_size.tolist() == pytest.approx([abs(output.values[:, n]).mean() for n in range(HIDDEN)])
    order = trace.most_varying(HIDDEN)
    assert list(np.diff(output.variation[list(order)]) <= 0) == [True] * (HIDDEN - 1)


def test_a_classifier_says_what_it_predicts():
    model = classifier(encoder={"bidirectional": True}, data={"max_length": 3, "lowercase": True})
    traces = gate_traces(model, "A warm xyzzy film")
    assert traces.said == model.predict(["A warm xyzzy film"])[0]
    assert traces.said["cut_at"] == 3
    assert [symbol.text for symbol in traces.symbols] == ["a", "warm", "xyzzy"]
    assert [symbol.before for symbol in traces.symbols] == ["", " ", " "]
    assert traces.unknown == ("xyzzy",)
    assert {symbol.logp for symbol in traces.symbols} == {None}
    ids = torch.tensor([model.vocabulary.text.encode("A warm xyzzy film")[:3].tolist()])
    outputs, _ = model.module.encoder(model.module.embedding(ids), torch.tensor([3]))
    np.testing.assert_allclose(traces.encoder.outputs, outputs[0].detach().numpy(), rtol=0, atol=1e-5)


def test_a_language_model_says_log_p_of_every_symbol():
    model = language_model(encoder={"layers": 2})
    traces = gate_traces(model, "a dü film")
    score = model.score(["a dü film"])[0]
    assert traces.said["logp"] == pytest.approx(score["logp"], rel=1e-6)
    assert traces.said["symbols"] == score["symbols"] == 10
    assert "".join(symbol.text for symbol in traces.symbols) == "\na dü film"
    assert traces.unknown == ("ü",)
    logp = [symbol.logp for symbol in traces.symbols]
    assert logp[0] is None
    assert sum(logp[1:]) + traces.said["end_logp"] == pytest.approx(score["logp"], rel=1e-6)
    shorter = gate_traces(model, "a d")
    assert [symbol.logp for symbol in shorter.symbols[1:]] == pytest.approx(logp[1:4], rel=1e-5)


@pytest.mark.parametrize(("tokenizer", "shown"), [("byte", ["d", "…", "ü", "…", "…", "�"]), ("char", ["d", "ü", "�"])])
def test_symbols_are_shown_as_they_are_read(tokenizer, shown):
    traces = gate_traces(classifier(tokenizer=tokenizer), "dü\ud800")
    assert [symbol.text for symbol in traces.symbols] == shown


def test_what_cannot_be_explained_is_told():
    model = classifier()
    with pytest.raises(DataError, match=r"^the text holds no symbol: '  '$"):
        gate_traces(model, "  ")
    with pytest.raises(ConfigError, match=r"^there is no unit 6: the layers of this run have 6 units$") as caught:
        explain(model, "good", units=[0, 6])
    assert caught.value.hint == "units are 0 to 5"
    model.module.train()
    with pytest.raises(ConfigError, match="the network is in training mode"):
        gate_traces(model, "good")
    model.module.eval().encoder = torch.nn.Linear(2, 2)
    with pytest.raises(ConfigError, match=r"^a run of task 'classify' has no recurrent encoder \(Linear\), so there"):
        gate_traces(model, "good")


def test_values_that_are_not_finite_are_told():
    model = classifier()
    with torch.no_grad():
        model.module.embedding.weight[int(model.vocabulary.text.encode("film")[0])] = torch.nan
    with pytest.raises(RunError, match=r"^layer 0, forward: input gate is not finite at symbol 1 \('film'\)$"):
        gate_traces(model, "good film")


def test_units_of_the_plain_values():
    chosen = explain(classifier(encoder={"cell": "gru"}), "a warm film", units=[4, 1, 4]).to_json()
    whole = explain(classifier(encoder={"cell": "gru"}), "a warm film").to_json()
    gate, all_units = chosen["traces"][0]["gates"][0], whole["traces"][0]["gates"][0]
    assert [row["unit"] for row in gate["units"]] == [4, 1]
    assert gate["units"][1] == all_units["units"][1]
    assert [row["unit"] for row in all_units["units"]] == list(range(6))
    assert set(all_units["units"][0]) == {"unit", "mean", "size", "variation", "left", "right", "values"}
    assert len(gate["mean"]) == len(gate["units"][0]["values"]) == 3
