// Products with packed weights. A panel holds V vectors of output columns for each of K inputs, one input after the
// other, so that a tile of R rows by V vectors stays in registers while it runs along K.
#pragma once

#include "simd.h"

namespace weft {
namespace WEFT_ISA {

// Inputs summed up before the sum goes to memory: a panel's part stays in the cache for all rows, and the sum of a long
// product is made of short ones, which loses fewer digits.
constexpr int kDepth = 128;

// Rows of a tile, by the registers of the instruction set: R * V sums, V weights and one input.
constexpr int tile_rows(int vectors) {
#if WEFT_WIDTH == 16
    return vectors == 1 ? 12 : vectors == 2 ? 12 : vectors == 3 ? 8 : 6;
#else
    return vectors == 1 ? 6 : vectors == 2 ? 6 : vectors == 3 ? 4 : 3;
#endif
}

// out[i][0 .. V * W) = (fresh ? 0 : out) + sum over k < depth of rows[i][k] * panel[k]
template <int R, int V>
inline void tile(int depth, const float* const* rows, int first, const float* panel, float* out, int64_t stride,
                 bool fresh) {
    Floats sums[R][V];
    const float* row[R];
#pragma GCC unroll 16
    for (int i = 0; i < R; ++i) {
        row[i] = rows[i] + first;
#pragma GCC unroll 4
        for (int j = 0; j < V; ++j) sums[i][j] = Floats{};
    }
    for (int k = 0; k < depth; ++k, panel += V * W) {
#if WEFT_WIDTH == 16
        Floats weights[V];
#pragma GCC unroll 4
        for (int j = 0; j < V; ++j) weights[j] = load(panel + j * W);
#pragma GCC unroll 16
        for (int i = 0; i < R; ++i)
#pragma GCC unroll 4
            for (int j = 0; j < V; ++j) sums[i][j] += every(row[i][k]) * weights[j];
#else
        Floats inputs[R];  // 16 registers: the inputs stay, the weights pass by
#pragma GCC unroll 16
        for (int i = 0; i < R; ++i) inputs[i] = every(row[i][k]);
#pragma GCC unroll 4
        for (int j = 0; j < V; ++j) {
            const Floats weights = load(panel + j * W);
#pragma GCC unroll 16
            for (int i = 0; i < R; ++i) sums[i][j] += inputs[i] * weights;
        }
#endif
    }
#pragma GCC unroll 16
    for (int i = 0; i < R; ++i)
#pragma GCC unroll 4
        for (int j = 0; j < V; ++j) {
            float* to = out + i * stride + j * W;
            store(to, fresh ? sums[i][j] : load(to) + sums[i][j]);
        }
}

template <int R, int V>
inline void some_rows(int count, int depth, const float* const* rows, int first, const float* panel, float* out,
                      int64_t stride, bool fresh) {
    if constexpr (R > 0) {
        if (count == R)
            tile<R, V>(depth, rows, first, panel, out, stride, fresh);
        else
            some_rows<R - 1, V>(count, depth, rows, first, panel, out, stride, fresh);
    }
}

// out[i] = rows[i] * panel for all rows; rows[i] has `inputs` numbers, out rows are `stride` floats apart.
template <int V>
void product(int count, const float* const* rows, int inputs, const float* panel, float* out, int64_t stride,
             bool fresh = true) {
    constexpr int R = tile_rows(V);
    for (int first = 0; first < inputs; first += kDepth) {
        const int depth = inputs - first < kDepth ? inputs - first : kDepth;
        const float* part = panel + static_cast<int64_t>(first) * V * W;
        const bool begins = fresh && first == 0;
        int done = 0;
        for (; done + R <= count; done += R)
            tile<R, V>(depth, rows + done, first, part, out + done * stride, stride, begins);
        some_rows<R - 1, V>(count - done, depth, rows + done, first, part, out + done * stride, stride, begins);
    }
}

inline void product(int vectors, int count, const float* const* rows, int inputs, const float* panel, float* out,
                    int64_t stride, bool fresh = true) {
    switch (vectors) {
        case 1: return product<1>(count, rows, inputs, panel, out, stride, fresh);
        case 2: return product<2>(count, rows, inputs, panel, out, stride, fresh);
        case 3: return product<3>(count, rows, inputs, panel, out, stride, fresh);
        default: return product<4>(count, rows, inputs, panel, out, stride, fresh);
    }
}

}  // namespace WEFT_ISA
}  // namespace weft
