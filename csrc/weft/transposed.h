// Gradients of a product's inputs: gradient * weight for many rows, given row by row to whoever stores them.
#pragma once

#include "block.h"
#include "panels.h"
#include "team.h"
#include "tile.h"

namespace weft {
namespace WEFT_ISA {

class Transposed {
public:
    // weight [gates * units, columns], gradient [count, shape.width()] in the core's order of gates
    Transposed(const Gates& shape, const float* weight, int columns)
        : shape_(shape), weight_(weight), columns_(columns), panels_(vectors_of(columns), 4),
          packed_(weight == nullptr ? 0 : static_cast<int64_t>(shape.width()) * panels_.vectors() * W) {}

    // Writes to_row(i)[0 .. columns) for all rows, or adds to it; every member of the team calls it.
    template <class Row>
    void run(int member, Team& team, int64_t count, const float* gradient, const Row& to_row, bool add = false) const {
        const Share own = share_of(panels_.count(), member, team.size());
        for (int p = own.begin; p < own.end; ++p) pack_transposed(shape_, panels_, p, weight_, columns_, packed_panel(p));
        team.meet();
        const int blocks = static_cast<int>((count + kRows - 1) / kRows);
        const Share share = share_of(panels_.count() * blocks, member, team.size());
        for (int place = share.begin; place < share.end; ++place)
            multiply(place / blocks, place % blocks, count, gradient, to_row, add);
    }

private:
    static constexpr int kRows = 48;

    template <class Row>
    void multiply(int p, int block, int64_t count, const float* gradient, const Row& to_row, bool add) const {
        const int64_t first = int64_t{block} * kRows;
        const int rows = static_cast<int>(count - first < kRows ? count - first : kRows);
        const float* from[kRows];
        for (int i = 0; i < rows; ++i) from[i] = gradient + (first + i) * shape_.width();
        const int width = panels_.width(p) * W, begin = panels_.begin(p) * W;
        const int real = columns_ - begin < width ? columns_ - begin : width;
        alignas(64) float out[kRows * 4 * W];
        for (int i = 0; add && i < rows; ++i) copy(out + i * width, to_row(first + i) + begin, real);
        product(panels_.width(p), rows, from, shape_.width(), packed_panel(p), out, width, !add);
        for (int i = 0; i < rows; ++i) copy(to_row(first + i) + begin, out + i * width, real);
    }

    float* packed_panel(int p) const { return packed_ + static_cast<int64_t>(shape_.width()) * panels_.begin(p) * W; }

    const Gates shape_;
    const float* const weight_;
    const int columns_;
    const Panels panels_;
    const Block<float> packed_;
};

}  // namespace WEFT_ISA
}  // namespace weft
