// Gradients of weights: sums of outer products over all tokens, gradient^T * values. Both sides are packed a few hundred
// tokens at a time, and the whole team shares the work.
#pragma once

#include "block.h"
#include "panels.h"
#include "team.h"

namespace weft {
namespace WEFT_ISA {

constexpr int kStrip = WEFT_WIDTH == 16 ? 8 : 4;         // gradient columns of a tile; divides W
constexpr int kStripVectors = WEFT_WIDTH == 16 ? 3 : 2;  // vectors of values of a tile
constexpr int kTokens = 256;                             // tokens packed at once

// to[i][0 .. V * W) += sum over the tokens of strip[token * W + i] * panel[token]; fresh overwrites
template <int V>
inline void outer_tile(int depth, const float* strip, const float* panel, float* const* to, bool fresh) {
    Floats sums[kStrip][V];
#pragma GCC unroll 8
    for (int i = 0; i < kStrip; ++i)
#pragma GCC unroll 3
        for (int j = 0; j < V; ++j) sums[i][j] = Floats{};
    for (int k = 0; k < depth; ++k, strip += W, panel += V * W) {
        Floats values[V];
#pragma GCC unroll 3
        for (int j = 0; j < V; ++j) values[j] = load(panel + j * W);
#pragma GCC unroll 8
        for (int i = 0; i < kStrip; ++i)
#pragma GCC unroll 3
            for (int j = 0; j < V; ++j) sums[i][j] += every(strip[i]) * values[j];
    }
#pragma GCC unroll 8
    for (int i = 0; i < kStrip; ++i)
#pragma GCC unroll 3
        for (int j = 0; j < V; ++j) store(to[i] + j * W, fresh ? sums[i][j] : load(to[i] + j * W) + sums[i][j]);
}

// One matrix [gates * units, columns] that is the sum over all tokens of gradient^T * values.
struct OuterTarget {
    const float* const* values;  // a row of `columns` numbers a token
    int columns;
    float* weight;  // null where it is not wanted
};

// The targets of one gradient, and the biases, which get the gradient's sum. One object for the whole team; every member
// calls run.
class Outer {
public:
    // gradient: [count, shape.width()] in the core's order of gates. The biases [gates * units] may be null.
    Outer(const Gates& shape, int64_t count, const float* gradient, OuterTarget first, OuterTarget second,
          float* first_bias, float* second_bias)
        : shape_(shape), count_(wanted(first, second, first_bias, second_bias) ? count : 0), gradient_(gradient),
          first_(first), second_(second), biases_{first_bias, second_bias}, strips_(shape.width() / kStrip),
          packed_gradient_(count_ == 0 ? 0 : int64_t{kTokens} * shape.width()), sums_(shape.width()) {}

    void run(int member, Team& team) const {
        const Share vectors = share_of(shape_.width() / W, member, team.size());
        for (int64_t first = 0; first < count_; first += kTokens) {
            const int depth = static_cast<int>(count_ - first < kTokens ? count_ - first : kTokens);
            pack_gradient(first, depth, vectors);
            first_.pack(first, depth, member, team);
            second_.pack(first, depth, member, team);
            team.meet();
            const int panels = first_.panels.count() + second_.panels.count();
            const Share own = share_of(panels * strips_, member, team.size());
            for (int place = own.begin; place < own.end; ++place) {
                const int panel = place / strips_, other = panel - first_.panels.count();
                multiply(other < 0 ? first_ : second_, other < 0 ? panel : other, place % strips_, depth, first == 0);
            }
            team.meet();
        }
        if (count_ > 0) give_bias(vectors);
    }

private:
    // A target's values, packed in panels for some tokens.
    struct Packed {
        explicit Packed(OuterTarget target)
            : target(target), panels(target.weight == nullptr ? 0 : vectors_of(target.columns), kStripVectors),
              values(int64_t{kTokens} * panels.vectors() * W) {}

        void pack(int64_t first, int depth, int member, Team& team) const {
            const Share own = share_of(panels.count(), member, team.size());
            for (int p = own.begin; p < own.end; ++p) {
                float* to = panel(p);
                for (int k = 0; k < depth; ++k, to += width(p)) {
                    copy(to, target.values[first + k] + begin(p), real(p));
                    if (real(p) < width(p)) std::memset(to + real(p), 0, sizeof(float) * (width(p) - real(p)));
                }
            }
        }
        int begin(int p) const { return panels.begin(p) * W; }
        int width(int p) const { return panels.width(p) * W; }
        int real(int p) const { return target.columns - begin(p) < width(p) ? target.columns - begin(p) : width(p); }
        float* panel(int p) const { return values + int64_t{begin(p)} * kTokens; }

        const OuterTarget target;
        const Panels panels;
        const Block<float> values;
    };

    static bool wanted(const OuterTarget& first, const OuterTarget& second, const float* first_bias,
                       const float* second_bias) {
        return first.weight != nullptr || second.weight != nullptr || first_bias != nullptr || second_bias != nullptr;
    }

    // Vectors of gradient columns one after the other instead of tokens, and their sums on the way.
    void pack_gradient(int64_t first, int depth, Share vectors) const {
        for (int v = vectors.begin; v < vectors.end; ++v) {
            const float* from = gradient_ + first * shape_.width() + v * W;
            float* to = packed_gradient_ + int64_t{v} * W * kTokens;
            Floats part = {};
            for (int k = 0; k < depth; ++k, from += shape_.width(), to += W) {
                const Floats value = load(from);
                store(to, value);
                part += value;
            }
            store(sums_ + v * W, first == 0 ? part : load(sums_ + v * W) + part);
        }
    }

    void give_bias(Share vectors) const {
        for (float* bias : biases_)
            for (int v = vectors.begin; bias != nullptr && v < vectors.end; ++v) {
                const int unit = v / shape_.gates * W, gate = v % shape_.gates;
                store_some(bias + static_cast<int64_t>(gate) * shape_.units + unit, load(sums_ + v * W),
                           shape_.units - unit);
            }
    }

    // A strip of gradient columns is kStrip units of one gate: rows of the weight that follow each other.
    void multiply(const Packed& packed, int p, int strip, int depth, bool fresh) const {
        const int lane = strip * kStrip % W, vector = strip * kStrip / W;
        const int unit = vector / shape_.gates * W + lane, gate = vector % shape_.gates;
        const int rows = shape_.units - unit < kStrip ? shape_.units - unit : kStrip;
        if (rows <= 0) return;
        const int width = packed.width(p), real = packed.real(p), columns = packed.target.columns;
        float* const corner =
            packed.target.weight + (static_cast<int64_t>(gate) * shape_.units + unit) * columns + packed.begin(p);
        float edge[kStrip * kStripVectors * W];  // where the tile hangs over the weight's edge
        float* to[kStrip];
        const bool hangs = rows < kStrip || real < width;
        for (int i = 0; i < kStrip; ++i) to[i] = hangs ? edge + i * width : corner + static_cast<int64_t>(i) * columns;
        for (int i = 0; hangs && !fresh && i < rows; ++i)
            std::memcpy(to[i], corner + static_cast<int64_t>(i) * columns, sizeof(float) * real);
        multiply_tile(packed.panels.width(p), depth, packed_gradient_ + int64_t{vector} * W * kTokens + lane,
                      packed.panel(p), to, fresh);
        for (int i = 0; hangs && i < rows; ++i)
            std::memcpy(corner + static_cast<int64_t>(i) * columns, to[i], sizeof(float) * real);
    }

    static void multiply_tile(int vectors, int depth, const float* strip, const float* panel, float* const* to, bool fresh) {
        if constexpr (kStripVectors >= 3)
            if (vectors == 3) return outer_tile<3>(depth, strip, panel, to, fresh);
        if (vectors == 2) return outer_tile<2>(depth, strip, panel, to, fresh);
        outer_tile<1>(depth, strip, panel, to, fresh);
    }

    const Gates shape_;
    const int64_t count_;
    const float* const gradient_;
    const Packed first_, second_;
    float* const biases_[2];
    const int strips_;
    const Block<float> packed_gradient_, sums_;
};

}  // namespace WEFT_ISA
}  // namespace weft
