"""Runs that read and write symbol by symbol in the C++ core: as torch does, on a copy, or with a reason why not."""

import numpy as np
import pytest
import torch

import weft
from weft.config import resolve
from weft.errors import BackendError, ConfigError, ShapeError
from weft.nn import Recurrent
from weft.nn.stepper import Stepper
from weft.search.sampling import read, sample
from weft.tasks.language_model.model import LanguageModel, LanguageModelDecoder
from weft.types import Step

from closeness import assert_close

SETTINGS = [
    {},
    {"temperature": 0.0},
    {"temperature": 0.6, "top_k": 5},
    {"top_p": 0.8, "samples": 3},
    {"temperature": 1.7, "samples": 2},
    {"typical": 0.8, "repetition_penalty": 1.3, "samples": 2, "stop": ["e f"]},
]


@pytest.fixture
def writer(language_model_run):
    return weft.load(language_model_run, device="cpu")


def by_torch(monkeypatch):
    def absent(module, precision="float32"):
        raise BackendError("not today")

    monkeypatch.setattr(LanguageModel, "reader", absent)


@pytest.mark.parametrize("settings", SETTINGS, ids=str)
def test_the_same_seed_gives_the_same_text_with_and_without_the_core(writer, monkeypatch, settings):
    fast = writer.generate("the film", length=150, seed=5, **settings)
    by_torch(monkeypatch)
    assert writer.generate("the film", length=150, seed=5, **settings) == fast


@pytest.mark.parametrize("precision", ["float32", "int8"])
@pytest.mark.parametrize("length", [2, 5, 6])
def test_a_prompt_read_at_once_is_what_its_steps_say_to_the_bit(writer, precision, length):
    writer.module.requires_grad_(False)
    decoder = LanguageModelDecoder(writer.module, forbidden=0, precision=precision)
    ids = torch.arange(length) % 7 + 1
    state = decoder.step(decoder.start(1), torch.tensor([3])).state
    before = {name: value.clone() for name, value in state.items()}
    at_once, said = decoder.read_on(state, ids), Step(torch.empty(0), state)
    for symbol in ids:
        said = decoder.step(said.state, symbol[None])
    assert torch.equal(at_once.logp, said.logp)
    assert all(torch.equal(at_once.state[name], said.state[name]) for name in said.state)
    assert all(torch.equal(state[name], value) for name, value in before.items()), (
        "the state before is nobody's to write"
    )
    onward, own = (decoder.step(each.state, ids[:1]).logp for each in (at_once, said))
    assert torch.equal(onward, own)
    with pytest.raises(ShapeError, match=r"^read: symbol 9999 is outside the vocabulary of"):
        decoder.read_on(state, torch.tensor([9999, 1]))


@pytest.mark.parametrize(
    "settings",
    [
        ["encoder.cell=mingru", "encoder.norm=rms", "encoder.residual=true", "encoder.layers=2"],
        ["encoder.cell=lstm", "output.kind=adaptive", "output.cutoffs=[5]"],
        ["encoder.cell=gru", "embedding.kind=one-hot"],
    ],
    ids=str,
)
def test_torch_reads_a_prompt_in_pieces_as_by_steps(monkeypatch, settings):
    by_torch(monkeypatch)
    monkeypatch.setattr("weft.tasks.language_model.model.READ_STEPS", 4)
    torch.manual_seed(1)
    config = resolve({"task": "language-model", "encoder": {"hidden": 9}, "embedding": {"size": 6}}, settings)
    decoder = LanguageModelDecoder(LanguageModel(config, symbols=11).eval(), forbidden=0)
    asked, output = [], decoder.module.output.forward
    monkeypatch.setattr(decoder.module.output, "forward", lambda x: asked.append(x.shape) or output(x))
    ids = torch.arange(13) % 10 + 1
    at_once = read(decoder, ids, 1)
    assert len(asked) == 1
    assert asked[0][:1] == (1,), "the output layer is computed once, for one symbol"
    said = Step(torch.empty(0), decoder.start(1))
    for symbol in [1, *ids.tolist()]:
        said = decoder.step(said.state, torch.tensor([symbol]))
    assert torch.allclose(at_once.logp, said.logp, atol=1e-6, rtol=0)
    assert all(torch.allclose(at_once.state[name], said.state[name], atol=1e-6) for name in said.state)


@pytest.mark.parametrize("cell", ["lstm", "gru", "elman"])
def test_a_prompt_read_by_the_core_is_gone_on_from_by_torch(monkeypatch, cell):
    torch.manual_seed(2)
    config = resolve({"task": "language-model", "encoder": {"cell": cell, "hidden": 9, "layers": 2}})
    module, ids = LanguageModel(config, symbols=11).eval(), torch.arange(13) % 10 + 1
    fast = LanguageModelDecoder(module, forbidden=0)
    by_torch(monkeypatch)
    slow = LanguageModelDecoder(module, forbidden=0)
    assert not fast.reason
    assert slow.reason
    one, other = read(fast, ids, 1), read(slow, ids, 1)
    assert torch.allclose(one.logp, other.logp, atol=1e-6, rtol=0)
    for place, decoder in ((one, slow), (other, fast)):
        onward = decoder.step(place.state, ids[:1]).logp
        assert torch.allclose(onward, fast.step(one.state, ids[:1]).logp, atol=1e-6, rtol=0)


def test_rows_that_stop_are_let_go_in_the_core_too(writer, monkeypatch):
    codec, found = writer.vocabulary.text, []
    for _ in range(2):
        decoder = LanguageModelDecoder(writer.module, forbidden=codec.unknown_id)
        prompt = torch.from_numpy(codec.encode("a").astype(np.int64))
        rows = sample(
            decoder, prompt, length=200, start_id=codec.end_id, seed=2, samples=6, stop_id=int(codec.encode("e")[0])
        )
        found.append(torch.stack(list(rows)).tolist())
        by_torch(monkeypatch)
    assert found[0] == found[1]
    assert decoder.reason == "not today"


def test_a_piece_comes_as_it_is_drawn_in_both_precisions(writer):
    for precision in ("float32", "int8"):
        text = "".join(writer.stream("a", length=50, seed=4, precision=precision))
        assert text == writer.generate("a", length=50, seed=4, precision=precision)[0]


def test_a_network_learns_on_and_the_next_text_knows(writer):
    before = writer.generate("a", length=40, temperature=0)
    with torch.no_grad():
        writer.module.output.bias.add_(torch.linspace(0, 30, len(writer.module.output.bias)))
    assert writer.generate("a", length=40, temperature=0) != before


def test_eight_bits_that_cannot_run_are_an_error(language_model_run, writer):
    slow = weft.load(language_model_run, device="cpu", kernel="loop")
    with pytest.raises(
        BackendError,
        match=r"^precision 'int8' cannot run here: the core cannot step here: kernel 'loop' was asked for$",
    ) as caught:
        slow.generate("a", precision="int8")
    assert caught.value.hint == 'precision "float32" always can'
    assert slow.generate("a", length=20) == writer.generate("a", length=20)
    with pytest.raises(ConfigError, match=r"^unknown precision 'int4', did you mean 'int8'\?$"):
        writer.stream("a", precision="int4")


@pytest.mark.parametrize("run", ["language_model_run", "classifier_run"])
def test_a_reader_says_what_the_model_says(request, run, tmp_path, lines, labelled):
    settings = ["encoder.bidirectional=false", "encoder.hidden=9", "training.max_steps=2"]
    if run == "classifier_run":
        model = weft.train("tiny-classify", train=labelled, out=tmp_path / "run", settings=settings)
    else:
        model = weft.load(request.getfixturevalue(run), device="cpu")
    reader, slow = model.reader(), model.begin(2)
    fast = reader.begin(2)
    assert fast.keys() == slow.keys()
    for symbol in model.encode("a film"):
        expected, slow = model.step([int(symbol)] * 2, slow)
        said, fast = reader.step([int(symbol)] * 2, fast)
        assert said.dtype == expected.dtype
        assert torch.allclose(said, expected, atol=1e-5)
    assert all(torch.allclose(fast[name].double(), slow[name].double(), atol=1e-5) for name in slow)
    with pytest.raises(ShapeError, match=r"^step: symbol 9999 is outside the vocabulary of"):
        reader.step([9999], reader.begin(1))


def test_a_classifier_that_reads_both_ways_has_no_reader(classifier_run):
    model = weft.load(classifier_run, device="cpu")
    with pytest.raises(ConfigError, match="reads each row from both ends and cannot stream"):
        model.reader()


@pytest.mark.parametrize("cell", ["elman", "lstm", "gru", "mrnn"])
def test_a_stepper_is_the_layers_step(cell):
    layer = Recurrent(cell=cell, input_size=5, hidden_size=7, layers=2, learned_start=True).eval()
    with torch.no_grad():
        layer.start_h_l1.fill_(0.3)
    stepper, x = Stepper(layer), torch.randn(4, 3, 5)
    state, own = layer.begin(3), stepper.begin(3)
    for each in x:
        y, state = layer.step(each, state)
        got, own = stepper.step(each, own)
        assert_close("y", y.detach(), got)
    for name, value in state.items():
        assert_close(name, value.detach(), own[name])
    with pytest.raises(ShapeError, match=r"^x: expected finite numbers, got nan in row 1"):
        stepper.step(torch.tensor([[0.0] * 5, [torch.nan] * 5]), stepper.begin(2))


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"cell": "mlstm"}, "the core has no cell 'mlstm' with these options"),
        ({"cell": "lstm", "zoneout": 0.1}, "zoneout mixes the states of every step, which the core does not"),
        ({"cell": "lstm", "bidirectional": True}, "the layer reads each row from both ends and cannot stream"),
        ({"cell": "gru", "kernel": "fused"}, "kernel 'fused' was asked for"),
    ],
    ids=str,
)
def test_why_a_layer_has_no_stepper(options, reason):
    with pytest.raises(BackendError, match=f"^the core cannot step here: {reason}$"):
        Stepper(Recurrent(input_size=5, hidden_size=7, **options))
