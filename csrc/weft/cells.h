// What the cells with one product a step do with their sums, a vector of units at a time.
//
// A cell has `gates` sums from the input and as many from the state, keeps `kept` vectors a token for the way back, and
// says whether the gradients of the two kinds of sums differ (`two_sums`) and whether the state also goes on past the
// gates (`passes`).
#pragma once

#include "simd.h"

namespace weft {
namespace WEFT_ISA {

struct Tanh {
    static Floats of(Floats x) { return tanh(x); }
    static Floats slope(Floats y) { return 1.0f - y * y; }
};
struct Sigmoid {
    static Floats of(Floats x) { return sigmoid(x); }
    static Floats slope(Floats y) { return y * (1.0f - y); }
};
struct Relu {
    static Floats of(Floats x) { return relu(x); }
    static Floats slope(Floats y) { return where(y > 0.0f, every(1.0f), Floats{}); }
};

// What one step makes of a vector of units, and the gradients on its way back.
struct Step {
    Floats h;     // in: before the step; out: after it
    Floats cell;  // likewise
};
struct StepGradient {
    Floats h;     // in: of h after the step; out: the part of h before it that does not lead through the state's sums
    Floats cell;  // in: of the cell after the step; out: of the cell before it
};

// J. L. Elman 1990: h = f(x + u)
template <class Activation>
struct Elman {
    static constexpr int gates = 1, kept = 0;
    static constexpr bool has_cell = false, two_sums = false, passes = false;

    static void forward(const Floats* x, const Floats* u, Step& step, Floats*) { step.h = Activation::of(x[0] + u[0]); }
    static void backward(const Floats*, const Step&, Floats h_after, StepGradient& d, Floats* dx, Floats*) {
        dx[0] = d.h * Activation::slope(h_after);
    }
};

// S. Hochreiter and J. Schmidhuber 1997 with forget gates; gates i, f, g, o, then the cell
struct Lstm {
    static constexpr int gates = 4, kept = 5;
    static constexpr bool has_cell = true, two_sums = false, passes = false;

    static void forward(const Floats* x, const Floats* u, Step& step, Floats* keep) {
        const Floats i = sigmoid(x[0] + u[0]), f = sigmoid(x[1] + u[1]), g = tanh(x[2] + u[2]), o = sigmoid(x[3] + u[3]);
        step.cell = f * step.cell + i * g;
        step.h = o * tanh(step.cell);
        keep[0] = i, keep[1] = f, keep[2] = g, keep[3] = o, keep[4] = step.cell;
    }
    static void backward(const Floats* kept, const Step& before, Floats, StepGradient& d, Floats* dx, Floats*) {
        const Floats i = kept[0], f = kept[1], g = kept[2], o = kept[3], squashed = tanh(kept[4]);
        const Floats cell = d.cell + d.h * o * (1.0f - squashed * squashed);
        dx[0] = cell * g * Sigmoid::slope(i);
        dx[1] = cell * before.cell * Sigmoid::slope(f);
        dx[2] = cell * i * Tanh::slope(g);
        dx[3] = d.h * squashed * Sigmoid::slope(o);
        d.cell = cell * f;
    }
};

// K. Cho et al. 2014, the reset gate after the product; gates r, z, n, then the state's sum of n
struct Gru {
    static constexpr int gates = 3, kept = 4;
    static constexpr bool has_cell = false, two_sums = true, passes = true;

    static void forward(const Floats* x, const Floats* u, Step& step, Floats* keep) {
        const Floats r = sigmoid(x[0] + u[0]), z = sigmoid(x[1] + u[1]), n = tanh(x[2] + r * u[2]);
        step.h = n + z * (step.h - n);
        keep[0] = r, keep[1] = z, keep[2] = n, keep[3] = u[2];
    }
    static void backward(const Floats* kept, const Step& before, Floats, StepGradient& d, Floats* dx, Floats* du) {
        const Floats r = kept[0], z = kept[1], n = kept[2];
        const Floats dn = d.h * (1.0f - z) * Tanh::slope(n);
        dx[0] = du[0] = dn * kept[3] * Sigmoid::slope(r);
        dx[1] = du[1] = d.h * (before.h - n) * Sigmoid::slope(z);
        dx[2] = dn;
        du[2] = dn * r;
        d.h = d.h * z;
    }
};

}  // namespace WEFT_ISA
}  // namespace weft
