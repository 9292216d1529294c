// The distinct vectors that go in, and which of them each token has: with a table one a distinct symbol, else one a
// token.
#pragma once

#include <stdexcept>

#include "schedule.h"

namespace weft {
namespace WEFT_ISA {

class Inputs {
public:
    Inputs(const Input& input, const Schedule& schedule, int width)
        : by_symbol(input.table != nullptr), rows_(schedule.tokens), symbols_(by_symbol ? schedule.tokens : 0),
          slots_(by_symbol ? schedule.tokens : 0) {
        if (by_symbol)
            look_up(input, schedule, width);
        else
            point(input.vectors, schedule);
    }

    const float* const* rows() const { return rows_; }
    int64_t count() const { return count_; }
    // With a table: the place among the distinct vectors of each token from `token` on, and the symbol of a place.
    const int* slots(int64_t token) const { return slots_ + token; }
    int64_t symbol(int64_t place) const { return symbols_[place]; }

    const bool by_symbol;

private:
    void point(const Vectors<const float>& vectors, const Schedule& schedule) {
        const float** row = rows_;
        for (int s = 0; s < schedule.steps; ++s)
            for (int r = 0; r < schedule.active(s); ++r)
                *row++ = vectors.data + schedule.row(r) * vectors.row_stride + schedule.time(r, s) * vectors.step_stride;
        count_ = schedule.tokens;
    }
    void look_up(const Input& input, const Schedule& schedule, int width) {
        Block<int> place(input.count);
        for (int64_t symbol = 0; symbol < input.count; ++symbol) place[symbol] = -1;
        int* slot = slots_;
        for (int s = 0; s < schedule.steps; ++s)
            for (int r = 0; r < schedule.active(s); ++r) {
                const int64_t symbol = input.symbols.data[schedule.row(r) * input.symbols.row_stride +
                                                          schedule.time(r, s) * input.symbols.step_stride];
                if (symbol < 0 || symbol >= input.count) throw std::out_of_range("a symbol is outside the table");
                if (place[symbol] < 0) {
                    rows_[count_] = input.table + symbol * width;
                    symbols_[count_] = symbol;
                    place[symbol] = static_cast<int>(count_++);
                }
                *slot++ = place[symbol];
            }
    }

    int64_t count_ = 0;
    Block<const float*> rows_;
    Block<int64_t> symbols_;
    Block<int> slots_;
};

}  // namespace WEFT_ISA
}  // namespace weft
