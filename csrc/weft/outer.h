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

// to[i][0 .. V * W) += sum over the tokens of strip[token][i] * panel[token]; fresh overwrites
template <int V>
inline void outer_tile(int depth, const float* strip, const float* panel, float* const* to, bool fresh) {
    Floats sums[kStrip][V];
#pragma GCC unroll 8
    for (int i = 0; i < kStrip; ++i)
#pragma GCC unroll 3
        for (int j = 0; j < V; ++j) sums[i][j] = fresh ? Floats{} : load(to[i] + j * W);
    for (int k = 0; k < depth; ++k, strip += kStrip, panel += V * W) {
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
        for (int j = 0; j < V; ++j) store(to[i] + j * W, sums[i][j]);
}

// weight [gates * units, columns] = sum over the rows of gradient^T * values, and bias [gates * units] = the gradients'
// sum where wanted. One object for the whole team; every member calls run.
class Outer {
public:
    // gradient: [count, shape.width()] in the core's order of gates. values: `count` rows of `columns` numbers.
    Outer(const Gates& shape, int64_t count, const float* gradient, const float* const* values, int columns,
          float* weight, float* bias)
        : shape_(shape), count_(count), gradient_(gradient), values_(values), columns_(columns), weight_(weight),
          bias_(bias), panels_(vectors_of(columns), kStripVectors), strips_(shape.width() / kStrip),
          packed_gradient_(int64_t{kTokens} * shape.width()), packed_values_(int64_t{kTokens} * panels_.vectors() * W) {}

    void run(int member, Team& team) const {
        if (bias_ != nullptr) sum_bias(share_of(shape_.unit_vectors(), member, team.size()));
        if (weight_ == nullptr) return;
        for (int64_t first = 0; first < count_; first += kTokens) {
            const int depth = static_cast<int>(count_ - first < kTokens ? count_ - first : kTokens);
            pack_gradient(first, depth, share_of(shape_.width() / W, member, team.size()));
            pack_values(first, depth, share_of(panels_.count(), member, team.size()));
            team.meet();
            const Share own = share_of(panels_.count() * strips_, member, team.size());
            for (int place = own.begin; place < own.end; ++place)
                multiply(place / strips_, place % strips_, depth, first == 0);
            team.meet();
        }
    }

private:
    void sum_bias(Share own) const {
        for (int u = own.begin; u < own.end; ++u)
            for (int gate = 0; gate < shape_.gates; ++gate) {
                Floats total = {}, part = {};
                const float* column = gradient_ + (u * shape_.gates + gate) * W;
                for (int64_t k = 0; k < count_; ++k) {
                    part += load(column + k * shape_.width());
                    if (k % kTokens == kTokens - 1) total += part, part = Floats{};
                }
                store_some(bias_ + static_cast<int64_t>(gate) * shape_.units + u * W, total + part, shape_.units - u * W);
            }
    }

    void pack_gradient(int64_t first, int depth, Share vectors) const {
        for (int v = vectors.begin; v < vectors.end; ++v) {
            const float* from = gradient_ + first * shape_.width() + v * W;
            float* to = packed_gradient_ + int64_t{v} * W * kTokens;
            for (int k = 0; k < depth; ++k, from += shape_.width())
                for (int part = 0; part < W / kStrip; ++part)
                    std::memcpy(to + (int64_t{part} * kTokens + k) * kStrip, from + part * kStrip, sizeof(float) * kStrip);
        }
    }

    void pack_values(int64_t first, int depth, Share own) const {
        for (int p = own.begin; p < own.end; ++p) {
            const int width = panels_.width(p) * W, begin = panels_.begin(p) * W;
            const int real = columns_ - begin < width ? columns_ - begin : width;
            float* to = packed_values_ + int64_t{begin} * kTokens;
            for (int k = 0; k < depth; ++k, to += width) {
                copy(to, values_[first + k] + begin, real);
                if (real < width) std::memset(to + real, 0, sizeof(float) * (width - real));
            }
        }
    }

    // A strip of gradient columns is kStrip units of one gate: rows of the weight that follow each other.
    void multiply(int p, int strip, int depth, bool fresh) const {
        const int lane = strip * kStrip % W, vector = strip * kStrip / W;
        const int unit = vector / shape_.gates * W + lane, gate = vector % shape_.gates;
        const int rows = shape_.units - unit < kStrip ? shape_.units - unit : kStrip;
        if (rows <= 0) return;
        const int width = panels_.width(p) * W, begin = panels_.begin(p) * W;
        const int real = columns_ - begin < width ? columns_ - begin : width;
        float* const corner = weight_ + (static_cast<int64_t>(gate) * shape_.units + unit) * columns_ + begin;
        float edge[kStrip * kStripVectors * W];  // where the tile hangs over the weight's edge
        float* to[kStrip];
        const bool hangs = rows < kStrip || real < width;
        for (int i = 0; i < kStrip; ++i) to[i] = hangs ? edge + i * width : corner + static_cast<int64_t>(i) * columns_;
        for (int i = 0; hangs && !fresh && i < kStrip; ++i)
            if (i < rows) std::memcpy(to[i], corner + static_cast<int64_t>(i) * columns_, sizeof(float) * real);
        multiply_tile(panels_.width(p), depth, packed_gradient_ + int64_t{strip} * kStrip * kTokens,
                      packed_values_ + int64_t{begin} * kTokens, to, fresh);
        for (int i = 0; hangs && i < rows; ++i)
            std::memcpy(corner + static_cast<int64_t>(i) * columns_, to[i], sizeof(float) * real);
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
    const float* const* const values_;
    const int columns_;
    float* const weight_;
    float* const bias_;
    const Panels panels_;
    const int strips_;
    const Block<float> packed_gradient_, packed_values_;
};

}  // namespace WEFT_ISA
}  // namespace weft
