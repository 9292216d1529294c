// Products with int8 weights. The vectors are rounded to 16 bits, each by its own largest number, and multiplied in
// whole numbers: 8 by 16 bits in pairs, summed exactly over a group of inputs, then scaled to float32. Against the
// rounding of the weights to 8 bits that of the vectors does not count.
#pragma once

#if defined(__SSE2__)
#include <immintrin.h>
#endif

#include "panels.h"
#include "step_plan.h"

namespace weft {
namespace WEFT_ISA {

typedef int16_t Shorts __attribute__((vector_size(WEFT_WIDTH * 2)));
typedef int16_t LooseShorts __attribute__((vector_size(WEFT_WIDTH * 2), aligned(2), may_alias));

inline int pairs_of(int inputs) { return (inputs + 1) / 2; }
inline int groups_of(int inputs) { return (inputs + kGroup - 1) / kGroup; }

// x rounded to the nearest whole number, |x| < 2^22
inline Ints rounded(Floats x) { return bits(x + 12582912.0f) - 0x4b400000; }

// A vector in 16 bits: x = levels * scale. The levels end in zeros up to a whole number of pairs of vectors.
inline int64_t level_count(int inputs) { return (static_cast<int64_t>(inputs) + 2 * W - 1) / (2 * W) * (2 * W); }

inline float to_levels(const float* x, int count, int16_t* levels) {
    Floats largest = {}, defect = {};
    for (int k = 0; k < count; k += W) {
        const Floats part = load_some(x + k, count - k);
        const Floats size = magnitude(part);
        largest = where(size > largest, size, largest);
        defect += part * 0.0f;  // NaN of what is no number
    }
    float most = 0.0f;
    for (int lane = 0; lane < W; ++lane) most = largest[lane] > most ? largest[lane] : most;
    const float up = most > 1e-30f ? 32767.0f / most : 0.0f;
    int k = 0;
    for (; k < count; k += W) {
        const Ints level = rounded(load_some(x + k, count - k) * up);
        *reinterpret_cast<LooseShorts*>(levels + k) = __builtin_convertvector(level, Shorts);
    }
    for (; k < level_count(count); ++k) levels[k] = 0;
    return most / 32767.0f + sum(defect);
}

// Two neighbouring levels side by side, as one number.
inline int32_t pair_at(const int16_t* levels) {
    int32_t pair;
    std::memcpy(&pair, levels, sizeof(pair));
    return pair;
}

// A pair of weights in 16 bits for each lane, and their product with a pair of levels: a * x + b * y.
#if WEFT_WIDTH == 16 && defined(__AVX512BW__)
typedef __m512i Wide;
inline Wide widen(const int8_t* weights) {
    return _mm512_cvtepi8_epi16(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(weights)));
}
inline Ints pair_products(Wide weights, int32_t levels) {
    return reinterpret_cast<Ints>(_mm512_madd_epi16(weights, _mm512_set1_epi32(levels)));
}
#elif WEFT_WIDTH == 8 && defined(__AVX2__)
typedef __m256i Wide;
inline Wide widen(const int8_t* weights) {
    return _mm256_cvtepi8_epi16(_mm_loadu_si128(reinterpret_cast<const __m128i*>(weights)));
}
inline Ints pair_products(Wide weights, int32_t levels) {
    return reinterpret_cast<Ints>(_mm256_madd_epi16(weights, _mm256_set1_epi32(levels)));
}
#elif WEFT_WIDTH == 4 && defined(__SSE2__)
typedef __m128i Wide;
inline Wide widen(const int8_t* weights) {
    const __m128i eight = _mm_loadl_epi64(reinterpret_cast<const __m128i*>(weights));
    return _mm_srai_epi16(_mm_unpacklo_epi8(eight, eight), 8);
}
inline Ints pair_products(Wide weights, int32_t levels) {
    return reinterpret_cast<Ints>(_mm_madd_epi16(weights, _mm_set1_epi32(levels)));
}
#else
struct Wide {
    Ints first, second;
};
inline Wide widen(const int8_t* weights) {
    Wide wide;
    for (int lane = 0; lane < W; ++lane) wide.first[lane] = weights[2 * lane], wide.second[lane] = weights[2 * lane + 1];
    return wide;
}
inline Ints pair_products(Wide weights, int32_t levels) {
    int16_t pair[2];
    std::memcpy(pair, &levels, sizeof(pair));
    return weights.first * static_cast<int32_t>(pair[0]) + weights.second * static_cast<int32_t>(pair[1]);
}
#endif

constexpr int kSmallRows = WEFT_WIDTH == 16 ? 4 : 2;

// out[i] += the products of R rows of levels with one group of a panel.
template <int R, int V>
inline void small_tile(int pairs, int16_t* const* levels, int first, const int8_t* panel, const float* scales,
                       const float* row_scales, float* out, int64_t stride) {
    Ints sums[R][V] = {};
    for (int k = 0; k < pairs; ++k, panel += 2 * V * W) {
        Wide weights[V];
        for (int j = 0; j < V; ++j) weights[j] = widen(panel + 2 * j * W);
        for (int i = 0; i < R; ++i) {
            const int32_t pair = pair_at(levels[i] + first + 2 * k);
            for (int j = 0; j < V; ++j) sums[i][j] += pair_products(weights[j], pair);
        }
    }
    for (int i = 0; i < R; ++i)
        for (int j = 0; j < V; ++j) {
            const Floats scale = load(scales + j * W) * every(row_scales[i]);
            float* to = out + i * stride + j * W;
            store(to, load(to) + __builtin_convertvector(sums[i][j], Floats) * scale);
        }
}

template <int R, int V>
inline void some_small_rows(int count, int pairs, int16_t* const* levels, int first, const int8_t* panel,
                            const float* scales, const float* row_scales, float* out, int64_t stride) {
    if constexpr (R > 0) {
        if (count == R)
            small_tile<R, V>(pairs, levels, first, panel, scales, row_scales, out, stride);
        else
            some_small_rows<R - 1, V>(count, pairs, levels, first, panel, scales, row_scales, out, stride);
    }
}

// out[i] += rows[i] * panel for all rows, given in levels with a scale each.
template <int V>
inline void small_product(int count, int16_t* const* levels, const float* row_scales, int inputs,
                          const int8_t* panel, const float* scales, float* out, int64_t stride) {
    constexpr int R = kSmallRows;
    for (int first = 0; first < inputs; first += kGroup, scales += V * W) {
        const int pairs = pairs_of(inputs - first < kGroup ? inputs - first : kGroup);
        const int8_t* part = panel + static_cast<int64_t>(first) * V * W;
        int done = 0;
        for (; done + R <= count; done += R)
            small_tile<R, V>(pairs, levels + done, first, part, scales, row_scales + done, out + done * stride,
                             stride);
        some_small_rows<R - 1, V>(count - done, pairs, levels + done, first, part, scales, row_scales + done,
                                  out + done * stride, stride);
    }
}

inline void small_product(int vectors, int count, int16_t* const* levels, const float* row_scales, int inputs,
                          const int8_t* panel, const float* scales, float* out, int64_t stride) {
    switch (vectors) {
        case 1: return small_product<1>(count, levels, row_scales, inputs, panel, scales, out, stride);
        case 2: return small_product<2>(count, levels, row_scales, inputs, panel, scales, out, stride);
        case 3: return small_product<3>(count, levels, row_scales, inputs, panel, scales, out, stride);
        default: return small_product<4>(count, levels, row_scales, inputs, panel, scales, out, stride);
    }
}

// One row of weights [inputs] in 8 bits, a scale a group: column `lane` of vector `vector` of a panel.
inline void pack_small_row(const float* row, int inputs, int vectors, int vector, int lane, int8_t* panel,
                           float* scales) {
    for (int first = 0; first < inputs; first += kGroup) {
        const int end = inputs - first < kGroup ? inputs : first + kGroup;
        float most = 0.0f, defect = 0.0f;
        for (int k = first; k < end; ++k) {
            const float size = row[k] < 0.0f ? -row[k] : row[k];
            most = size > most ? size : most;
            defect += row[k] * 0.0f;  // NaN of what is no number
        }
        const float scale = most / 127.0f, up = most > 1e-30f ? 127.0f / most : 0.0f;
        scales[((first / kGroup) * vectors + vector) * W + lane] = scale + defect;
        for (int k = first; k < end; ++k) {
            const float level = row[k] * up;
            const int whole = defect == 0.0f ? static_cast<int>(level < 0.0f ? level - 0.5f : level + 0.5f) : 0;
            panel[((static_cast<int64_t>(k / 2) * vectors + vector) * W + lane) * 2 + k % 2] =
                static_cast<int8_t>(whole);
        }
    }
}

}  // namespace WEFT_ISA
}  // namespace weft
