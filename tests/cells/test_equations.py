"""The cells that torch does not have, each against its equations written out a second time, in numpy, unit by unit."""

import numpy as np
import pytest

from closeness import assert_close
from recurrences import make_cell, random_input, random_params, random_state

torch = pytest.importorskip("torch")


def sigmoid(v):
    return 1 / (1 + np.exp(-v))


def g(v):
    return np.where(v >= 0, v + 0.5, sigmoid(v))


def sums(p, x, h):
    """The gates' sums, a row of H numbers each."""
    return (p["weight_ih"] @ x + p.get("bias_ih", 0) + p["weight_hh"] @ h + p.get("bias_hh", 0)).reshape(-1, 7)


def gru_before(p, x, h):
    (ir, iz, i_n), (hr, hz, hn) = (p[f"weight_{kind}h"].reshape(3, 7, -1) for kind in "ih")
    (bir, biz, bin_), (bhr, bhz, bhn) = (p[f"bias_{kind}h"].reshape(3, 7) for kind in "ih")
    r, z = sigmoid(ir @ x + bir + hr @ h + bhr), sigmoid(iz @ x + biz + hz @ h + bhz)
    n = np.tanh(i_n @ x + bin_ + hn @ (r * h) + bhn)
    return {"h": (1 - z) * n + z * h}


def peephole_lstm(p, x, h, c):
    i, f, new, o = sums(p, x, h)
    i, f = sigmoid(i + p["weight_ci"] * c), sigmoid(f + p["weight_cf"] * c)
    c = np.clip(f * c + i * np.tanh(new), -0.3, 0.3)
    o = sigmoid(o + p["weight_co"] * c)
    return {"h": np.clip(p["weight_hr"] @ (o * np.tanh(c)), -0.1, 0.1), "c": c}


def coupled_lstm(p, x, h, c):
    f, new, o = sums(p, x, h)
    c = sigmoid(f) * c + (1 - sigmoid(f)) * np.tanh(new)
    return {"h": sigmoid(o) * np.tanh(c), "c": c}


def mrnn_paper(p, x, h):
    factors = (p["weight_if"] @ x) * (p["weight_hf"] @ h)
    return {"h": np.tanh(p["weight_fh"] @ factors + p["weight_ih"] @ x)}


def mrnn_released(p, x, h):
    factors = (np.tanh(p["weight_if"] @ x) + p["bias_f"]) * (p["weight_hf"] @ h)
    return {"h": np.tanh(p["weight_fh"] @ factors + p["weight_ih"] @ x + p["bias_ih"])}


def mlstm(p, x, h, c):
    m = (p["weight_im"] @ x) * (p["weight_hm"] @ h)
    i, f, new, o = (p["weight_ih"] @ x + p["bias_ih"] + p["weight_mh"] @ m).reshape(4, 7)
    c = sigmoid(f) * c + sigmoid(i) * np.tanh(new)
    return {"h": sigmoid(o) * np.tanh(c), "c": c}


def mingru(p, x, h):
    z, new = (p["weight_ih"] @ x + p["bias_ih"]).reshape(2, 7)
    return {"h": (1 - sigmoid(z)) * h + sigmoid(z) * g(new)}


def minlstm(p, x, h):
    f, i, new = (p["weight_ih"] @ x + p["bias_ih"]).reshape(3, 7)
    whole = sigmoid(f) + sigmoid(i)
    return {"h": sigmoid(f) / whole * h + sigmoid(i) / whole * g(new)}


CASES = {
    gru_before: ("gru", {"reset": "before"}),
    peephole_lstm: ("lstm", {"peepholes": True, "projection": 3, "cell_clip": 0.3, "projection_clip": 0.1}),
    coupled_lstm: ("coupled-lstm", {}),
    mrnn_paper: ("mrnn", {}),
    mrnn_released: ("mrnn", {"form": "released", "factors": 3, "bias": True}),
    mlstm: ("mlstm", {}),
    mingru: ("mingru", {}),
    minlstm: ("minlstm", {}),
}


@pytest.mark.parametrize("equations", CASES, ids=lambda each: each.__name__)
def test_a_step_is_its_equations(equations):
    cell = make_cell(CASES[equations])
    params, state, x = random_params(cell), random_state(cell, 4), random_input(4, 5)
    _, after = cell.step(cell.project(x, params), state, params)
    plain = {name: value.detach().numpy() for name, value in params.items()}
    for row in range(4):
        expected = equations(plain, x[row].numpy(), **{name: v[row].detach().numpy() for name, v in state.items()})
        for name, value in expected.items():
            assert_close(f"{name}[{row}]", torch.from_numpy(value), after[name][row])


def test_the_clips_are_reached():
    """Else the case above would not see them."""
    cell = make_cell(CASES[peephole_lstm])
    params, state = random_params(cell), random_state(cell, 4)
    _, after = cell.step(cell.project(random_input(4, 5), params), state, params)
    assert (after["c"].abs() == 0.3).any()
    assert (after["h"].abs() == 0.1).any()


@pytest.mark.parametrize("name", ["mingru", "minlstm"])
def test_shares_keep_their_digits_where_gates_saturate(name):
    cell = make_cell((name, {}))
    wx = torch.full((1, len(cell.spec.gates) * 7), -200.0)
    keep, add = cell.coefficients(wx)
    assert torch.isfinite(keep).all()
    assert torch.isfinite(add).all()
    assert (keep > 0).all()
