// The coefficients of linear recurrences, a vector of units at a time: h = a * h_before + b.
//
// Each kind says how many vectors feed it, and with `gradient` what the gradient d of h means to them; that returns a,
// by which d goes on to h_before.
#pragma once

#include "simd.h"

namespace weft {
namespace WEFT_ISA {

struct Coefficients {
    Floats a, b;
};

struct Given {
    static constexpr int vectors = 2;

    static Coefficients of(const Floats* feed) { return {feed[0], feed[1]}; }
    static Floats gradient(const Floats* feed, Floats before, Floats d, Floats* d_feed) {
        d_feed[0] = d * before;
        d_feed[1] = d;
        return feed[0];
    }
};

// sigmoid(x) and sigmoid(-x), neither as 1 minus the other, which would lose the digits of a small one.
struct Sides {
    explicit Sides(Floats x) {
        const Floats e = exp(-magnitude(x));
        const Floats large = 1.0f / (1.0f + e), small = e * large;
        yes = where(x < 0.0f, small, large);
        no = where(x < 0.0f, large, small);
    }
    Floats yes, no;
};

// What a candidate is made of its sum, and the slope there.
struct Plain {
    static Floats of(Floats x) { return x; }
    static Floats of(Floats x, Floats& slope) {
        slope = every(1.0f);
        return x;
    }
};
struct Positive {
    static Floats of(Floats x) { return where(x >= 0.0f, x + 0.5f, sigmoid(x)); }
    static Floats of(Floats x, Floats& slope) {
        const Sides sides(x);
        slope = where(x >= 0.0f, every(1.0f), sides.yes * sides.no);
        return where(x >= 0.0f, x + 0.5f, sides.yes);
    }
};

// L. Feng et al. 2024: gates z, n
template <class Candidate>
struct MinGru {
    static constexpr int vectors = 2;

    static Coefficients of(const Floats* feed) {
        const Sides z(feed[0]);
        return {z.no, z.yes * Candidate::of(feed[1])};
    }
    static Floats gradient(const Floats* feed, Floats before, Floats d, Floats* d_feed) {
        const Sides z(feed[0]);
        Floats slope;
        const Floats n = Candidate::of(feed[1], slope);
        d_feed[0] = d * (n - before) * z.yes * z.no;
        d_feed[1] = d * z.yes * slope;
        return z.no;
    }
};

// L. Feng et al. 2024, the gates' shares of their sum; gates f, i, n
template <class Candidate>
struct MinLstm {
    static constexpr int vectors = 3;

    static Coefficients of(const Floats* feed) {
        const Shares shares(feed[0], feed[1]);
        return {shares.f(), shares.i() * Candidate::of(feed[2])};
    }
    static Floats gradient(const Floats* feed, Floats before, Floats d, Floats* d_feed) {
        const Shares shares(feed[0], feed[1]);
        Floats slope;
        const Floats n = Candidate::of(feed[2], slope);
        const Floats f = shares.f(), i = shares.i();
        // the share f has the slope f * i in log sigmoid(f), which has the slope sigmoid(-f)
        const Floats both = d * (before - n) * shares.scale;
        d_feed[0] = both * f * shares.e_f;
        d_feed[1] = -(both * i * shares.e_i);
        d_feed[2] = d * i * slope;
        return f;
    }

private:
    // 1 / sigmoid(f) = 1 + e^-f and the same of i, both times e^m, m = min(f, i, 0): nothing overflows, and the larger
    // of them is at least 1.
    struct Shares {
        Shares(Floats f, Floats i) {
            const Floats less = where(f < i, f, i);
            const Floats m = where(less > 0.0f, Floats{}, less);
            const Floats one = exp(m);
            e_f = exp(m - f);
            e_i = exp(m - i);
            over_f = one + e_f;
            over_i = one + e_i;
            scale = 1.0f / (over_f + over_i);
        }
        Floats f() const { return over_i * scale; }
        Floats i() const { return over_f * scale; }
        Floats e_f, e_i, over_f, over_i, scale;
    };
};

}  // namespace WEFT_ISA
}  // namespace weft
