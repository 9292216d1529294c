// Additive attention (attention.h): the perceptron's tanh is nearly all of its cost.
//
// tanh(q + k) = 1 - 2 / (e^2q e^2k + 1), and the sum of v, which all states have in common, does not change a softmax. So
// a state is scored by the sum of -2 v / (e^2q e^2k + 1): one exponential for a query and one for a key, and for the two
// together a product, a sum and a quotient. What is lost against tanh itself is about 1e-7 of a v, as much as rounding
// q + k loses. Where a query or a key is so large that its power would leave float32, tanh itself is taken.
#pragma once

#include "attention.h"
#include "block.h"
#include "step.h"
#include "team.h"

namespace weft {
namespace WEFT_ISA {

constexpr int kTogether = 8;         // queries of a source that share the exponentials of its keys
constexpr float kLargestPower = 40;  // of e^2x: e^80 and e^-80 are numbers of float32

#ifdef WEFT_ALWAYS_A_TEAM
constexpr int64_t kLooksAMember = 1;
#else
constexpr int64_t kLooksAMember = 100000;  // tanh a member; below, entering a team costs more than it saves
#endif

inline int whole(int numbers) { return vectors_of(numbers) * W; }

inline bool is_large(const float* numbers, int64_t count) {
    const Floats most = every(kLargestPower);
    Ints large = {};
    for (int64_t i = 0; i < count; i += W)
        large |= magnitude(read(numbers + i, count - i < W ? static_cast<int>(count - i) : W)) > most;
    for (int lane = 0; lane < W; ++lane)
        if (large[lane] != 0) return true;
    return false;
}

// What a member of the team needs to itself, for queries that stand together.
struct LookDesk {
    float* scales;   // -2 v, [A], ends in zeros up to whole vectors, as the powers do
    float* powers;   // e^2q, [kTogether, A]
    float* sums;     // of every query and state, lane by lane, [kTogether, S] vectors
    float* weights;  // [kTogether, S]

    static int64_t size(const AdditiveAttention& call) {
        return int64_t{kTogether + 1} * whole(call.width) + int64_t{kTogether} * whole(call.states) * (W + 1);
    }
    LookDesk(float* memory, const AdditiveAttention& call)
        : scales(memory), powers(scales + whole(call.width)), sums(powers + kTogether * whole(call.width)),
          weights(sums + int64_t{kTogether} * whole(call.states) * W) {
        for (int a = 0; a < call.width; a += W)
            store(scales + a, read(call.of_tanh + a, call.width - a) * every(-2.0f));
    }
};

// Sums of R queries over `length` keys, [R, stride] vectors.
template <int R>
inline void score(const float* keys, int length, int width, const LookDesk& desk, int64_t stride) {
    const int64_t row = whole(width);
    for (int s = 0; s < length; ++s, keys += width) {
        Floats sums[R];
#pragma GCC unroll 8
        for (int i = 0; i < R; ++i) sums[i] = Floats{};
        for (int a = 0; a < width; a += W) {
            const Floats key = read(keys + a, width - a);
            const Floats power = exp(key + key), scale = load(desk.scales + a);
#pragma GCC unroll 8
            for (int i = 0; i < R; ++i) sums[i] += scale / (load(desk.powers + i * row + a) * power + 1.0f);
        }
#pragma GCC unroll 8
        for (int i = 0; i < R; ++i) store(desk.sums + (i * stride + s) * W, sums[i]);
    }
}

template <int R>
inline void score_some(int count, const float* keys, int length, int width, const LookDesk& desk, int64_t stride) {
    if constexpr (R > 0) {
        if (count == R)
            score<R>(keys, length, width, desk, stride);
        else
            score_some<R - 1>(count, keys, length, width, desk, stride);
    }
}

// The same for one query by tanh itself; sums [length] vectors.
inline void score_large(const float* keys, int length, int width, const float* query, const float* of_tanh,
                        float* sums) {
    for (int s = 0; s < length; ++s, keys += width) {
        Floats sum = {};
        for (int a = 0; a < width; a += W)
            sum += read(of_tanh + a, width - a) * tanh(read(query + a, width - a) + read(keys + a, width - a));
        store(sums + int64_t{s} * W, sum);
    }
}

// The sum of the lanes of each of `count` vectors; sums has room for whole squares.
inline void add_lanes(float* sums, int count, float* totals) {
    for (int first = 0; first < count; first += W) {
        Floats square[W];
        for (int i = 0; i < W; ++i) square[i] = first + i < count ? load(sums + int64_t{first + i} * W) : Floats{};
        transpose(square);
        for (int half = W / 2; half > 0; half /= 2)
            for (int i = 0; i < half; ++i) square[i] += square[i + half];
        store(totals + first, square[0]);
    }
}

// softmax over [length], in place; out too, with zeros behind up to `places`.
inline void to_weights(float* numbers, int length, float* out, int places) {
    weigh(numbers, length, largest(numbers, length), 1.0f, numbers);
    Floats sums = {};
    for (int s = 0; s < length; s += W) sums += read(numbers + s, length - s);
    const float total = sum(sums);
    for (int s = 0; s < length; s += W) write(numbers + s, read(numbers + s, length - s) / total, length - s);
    copy(out, numbers, length);
    std::memset(out + length, 0, sizeof(float) * (places - length));
}

// out[i] = sum over s of weights[i][s] * seen[s] for R queries.
template <int R>
inline void blend(const float* seen, int length, int memory, const float* weights, int64_t stride, float* out) {
    for (int m = 0; m < memory; m += W) {
        Floats sums[R];
#pragma GCC unroll 8
        for (int i = 0; i < R; ++i) sums[i] = Floats{};
        const float* state = seen + m;
        for (int s = 0; s < length; ++s, state += memory) {
            const Floats part = read(state, memory - m);
#pragma GCC unroll 8
            for (int i = 0; i < R; ++i) sums[i] += every(weights[i * stride + s]) * part;
        }
#pragma GCC unroll 8
        for (int i = 0; i < R; ++i) write(out + int64_t{i} * memory + m, sums[i], memory - m);
    }
}

template <int R>
inline void blend_some(int count, const float* seen, int length, int memory, const float* weights, int64_t stride,
                       float* out) {
    if constexpr (R > 0) {
        if (count == R)
            blend<R>(seen, length, memory, weights, stride, out);
        else
            blend_some<R - 1>(count, seen, length, memory, weights, stride, out);
    }
}

// Queries [first, first + count) of one source.
inline void look(const AdditiveAttention& call, const LookDesk& desk, int source, int first, int count) {
    const int length = static_cast<int>(call.lengths[source]);
    const int64_t stride = whole(call.states), row = whole(call.width);
    const float* keys = call.keys + int64_t{source} * call.states * call.width;
    const float* seen = call.seen + int64_t{source} * call.states * call.memory;
    const int64_t place = int64_t{source} * call.queries + first;
    const float* query = call.query + place * call.width;
    for (int i = 0; i < count; ++i)
        for (int a = 0; a < call.width; a += W) {
            const Floats part = read(query + int64_t{i} * call.width + a, call.width - a);
            store(desk.powers + i * row + a, exp(part + part));
        }
    const bool large_keys = is_large(keys, int64_t{length} * call.width);
    if (!large_keys) score_some<kTogether>(count, keys, length, call.width, desk, stride);
    for (int i = 0; i < count; ++i) {
        float* sums = desk.sums + i * stride * W;
        const float* own = query + int64_t{i} * call.width;
        if (large_keys || is_large(own, call.width)) score_large(keys, length, call.width, own, call.of_tanh, sums);
        add_lanes(sums, length, desk.weights + i * stride);
        to_weights(desk.weights + i * stride, length, call.weights + (place + i) * call.states, call.states);
    }
    blend_some<kTogether>(count, seen, length, call.memory, desk.weights, stride, call.contexts + place * call.memory);
}

inline void additive_attention(const AdditiveAttention& call, int threads) {
    const int64_t looks = int64_t{call.sources} * call.queries * call.states * call.width;
    const int64_t worth = looks / kLooksAMember;
    const int members = worth < 1 ? 1 : worth < threads ? static_cast<int>(worth) : threads;
    const int64_t size = LookDesk::size(call);
    const int blocks = (call.queries + kTogether - 1) / kTogether;
    Block<float> memory(members * size);
    in_team(members, [&](int member, Team& team) {
        const LookDesk desk(memory + member * size, call);
        const Share share = share_of(call.sources * blocks, member, team.size());
        for (int item = share.begin; item < share.end; ++item) {
            const int first = item % blocks * kTogether, left = call.queries - first;
            look(call, desk, item / blocks, first, left < kTogether ? left : kTogether);
        }
    });
}

}  // namespace WEFT_ISA
}  // namespace weft
