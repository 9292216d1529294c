// What one member of a step's team needs to itself: the vectors of all rows as their products want them, and sums.
#pragma once

#include "small.h"
#include "tile.h"

namespace weft {
namespace WEFT_ISA {

constexpr int kWidest = 4;                    // vectors of a panel
constexpr int64_t kStride = 2 * kWidest * W;  // sums of a row: the input's, then the state's

inline Panels panels_of(int units, int gates) { return Panels(vectors_of(units), gates > 1 ? 1 : kWidest); }
inline int64_t round_up(int64_t count) { return (count + 15) / 16 * 16; }

// The vectors of all rows that are multiplied with one matrix.
struct Side {
    const float** rows;
    int16_t** levels;  // the same rounded to 16 bits
    float* scales;
};

struct Desk {
    Side input, state;
    float* sums;  // [rows, kStride]

    // levels: 16-bit numbers that the longest vector takes, 0 when all weights are float32.
    Desk(float* memory, int rows, int64_t levels) {
        sums = memory, memory += rows * kStride;
        memory = lay(input, memory, rows, levels);
        lay(state, memory, rows, levels);
    }

private:
    static float* lay(Side& side, float* memory, int rows, int64_t levels) {
        side.rows = reinterpret_cast<const float**>(memory), memory += round_up(2 * rows);
        side.levels = reinterpret_cast<int16_t**>(memory), memory += round_up(2 * rows);
        side.scales = memory, memory += round_up(rows);
        int16_t* room = reinterpret_cast<int16_t*>(memory);
        for (int row = 0; row < rows; ++row) side.levels[row] = room + row * levels;
        return memory + round_up(rows * levels / 2);
    }
};

inline int64_t desk_size(int rows, int64_t levels) {
    return round_up(rows * kStride + 2 * (2 * round_up(2 * rows) + round_up(rows) + round_up(rows * levels / 2)));
}

// Vectors in 16 bits where the matrix is int8.
inline void round_vectors(const Side& side, const Packed& matrix, int rows) {
    if (matrix.bytes == nullptr) return;
    for (int row = 0; row < rows; ++row)
        side.scales[row] = to_levels(side.rows[row], matrix.inputs, side.levels[row]);
}

// sums[row] += matrix * vector of the row, for one panel of columns.
inline void add_product(const Side& side, const Packed& matrix, int rows, int64_t column, int vectors, float* sums) {
    const int inputs = matrix.inputs;
    if (matrix.bytes == nullptr)
        product(vectors, rows, side.rows, inputs, matrix.numbers + column * W * inputs, sums, kStride, false);
    else
        small_product(vectors, rows, side.levels, side.scales, inputs, matrix.bytes + column * W * 2 * pairs_of(inputs),
                      matrix.scales + column * W * groups_of(inputs), sums, kStride);
}

}  // namespace WEFT_ISA
}  // namespace weft
