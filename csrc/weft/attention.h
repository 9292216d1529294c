// Additive attention without gradients: which of its source's states each query looks at, and what it sees there.
//
//     a_s = v . tanh(q + k_s)        for every real state s of the query's source
//     alpha = softmax(a)
//     c = sum over s of alpha_s h_s
//
// Plain C++17 on pointers and sizes, float32, everything row-major without gaps. Padding is neither read nor computed.
// The numbers of a query are taken in an order that depends on the widths and its own source's length alone: not on the
// number of threads, not on the other queries, not on how far the sources are padded.
#pragma once

#include <cstdint>

namespace weft {

struct AdditiveAttention {
    int sources;             // B, at least 1
    int queries;             // U of each source, at least 1
    int states;              // S, places for states of each source
    int width;               // A, of the perceptron
    int memory;              // M, of a state
    const int64_t* lengths;  // [B], 1 <= length <= S
    const float* query;      // q, [B, U, A]
    const float* keys;       // k, [B, S, A]
    const float* of_tanh;    // v, [A]
    const float* seen;       // h, [B, S, M]
    float* contexts;         // c, [B, U, M]
    float* weights;          // alpha, [B, U, S], zero at padding
};

// threads: at most so many, at least 1.
void additive_attention(const AdditiveAttention& call, int threads);

}  // namespace weft
