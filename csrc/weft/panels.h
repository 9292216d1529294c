// How the columns of a product are cut into panels, and weights written in their order.
#pragma once

#include "simd.h"

namespace weft {
namespace WEFT_ISA {

inline int vectors_of(int numbers) { return (numbers + W - 1) / W; }

// `vectors` columns in panels as equal as possible, none wider than `widest`, so that threads get equal shares.
class Panels {
public:
    Panels(int vectors, int widest) : vectors_(vectors) {
        count_ = (vectors + widest - 1) / widest;
        if (count_ % 2 == 1 && count_ > 1 && count_ < vectors) ++count_;
        if (count_ == 1 && vectors > 1) count_ = 2;
    }
    int count() const { return count_; }
    int vectors() const { return vectors_; }
    int begin(int panel) const { return static_cast<int>(static_cast<int64_t>(vectors_) * panel / count_); }
    int width(int panel) const { return begin(panel + 1) - begin(panel); }

private:
    int vectors_;
    int count_;
};

// Gate g of unit j stands in row g * units + j of a weight matrix. Inside the core the gates of a vector of units stand
// side by side: [unit vector][gate][lane], padded to whole vectors.
struct Gates {
    int units;
    int gates;
    int unit_vectors() const { return vectors_of(units); }
    int width() const { return unit_vectors() * gates * W; }
};

// Writes W columns of a panel whose rows are `width` floats apart: rows [0, real) of a matrix, each `inputs` long.
inline void pack_columns(const float* rows, int real, int inputs, int width, float* column) {
    for (int first = 0; first < inputs; first += W) {
        const int count = inputs - first < W ? inputs - first : W;
        Floats square[W];
        for (int lane = 0; lane < W; ++lane)
            square[lane] = lane < real ? load_some(rows + static_cast<int64_t>(lane) * inputs + first, count) : Floats{};
        transpose(square);
        for (int k = 0; k < count; ++k) store(column + static_cast<int64_t>(first + k) * width, square[k]);
    }
}

// Panel `panel` of the product x * weight^T: for each input k the units' gates. weight [gates * units, inputs].
inline void pack_gates(const Gates& shape, const Panels& panels, int panel, const float* weight, int inputs,
                       float* packed) {
    const int width = panels.width(panel) * shape.gates * W;
    for (int u = panels.begin(panel); u < panels.begin(panel + 1); ++u)
        for (int gate = 0; gate < shape.gates; ++gate, packed += W) {
            const float* rows = weight + (static_cast<int64_t>(gate) * shape.units + u * W) * inputs;
            pack_columns(rows, shape.units - u * W, inputs, width, packed);
        }
}

// Panel `panel` of the product d * weight, over d in the core's order of gates: weight [gates * units, columns].
inline void pack_transposed(const Gates& shape, const Panels& panels, int panel, const float* weight, int columns,
                            float* packed) {
    const int first = panels.begin(panel) * W;
    const int width = panels.width(panel) * W;
    const int real = columns - first < width ? columns - first : width;
    for (int u = 0; u < shape.unit_vectors(); ++u)
        for (int gate = 0; gate < shape.gates; ++gate)
            for (int lane = 0; lane < W; ++lane, packed += width) {
                const int unit = u * W + lane;
                if (unit >= shape.units || real < width) std::memset(packed, 0, sizeof(float) * width);
                if (unit >= shape.units) continue;
                const float* row = weight + (static_cast<int64_t>(gate) * shape.units + unit) * columns + first;
                copy(packed, row, real);
            }
}

// A bias [gates * units] in the core's order; null is zero.
inline void pack_bias(const Gates& shape, const float* bias, float* packed) {
    for (int u = 0; u < shape.unit_vectors(); ++u)
        for (int gate = 0; gate < shape.gates; ++gate, packed += W)
            store(packed, bias == nullptr ? Floats{}
                                          : load_some(bias + static_cast<int64_t>(gate) * shape.units + u * W,
                                                      shape.units - u * W));
}

}  // namespace WEFT_ISA
}  // namespace weft
