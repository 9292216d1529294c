// Where the gradients of what went in belong.
#pragma once

#include "inputs.h"
#include "simd.h"
#include "team.h"

namespace weft {
namespace WEFT_ISA {

// Gradients of the input: a row a token, or with a table the table's rows of the distinct symbols.
class InputGradient {
public:
    InputGradient(const Schedule& schedule, const Inputs& inputs, const Gradients& gradients, int width)
        : inputs_(inputs), table_(gradients.table), width_(width),
          rows_(wanted(gradients, inputs) && !inputs.by_symbol ? inputs.count() : 0) {
        if (gradients.input.data == nullptr || inputs.by_symbol) return;
        float** row = rows_;
        for (int s = 0; s < schedule.steps; ++s)
            for (int r = 0; r < schedule.active(s); ++r)
                *row++ = gradients.input.data + schedule.row(r) * gradients.input.row_stride +
                         schedule.time(r, s) * gradients.input.step_stride;
    }
    static bool wanted(const Gradients& gradients, const Inputs& inputs) {
        return inputs.by_symbol ? gradients.table != nullptr : gradients.input.data != nullptr;
    }
    float* operator()(int64_t place) const {
        return inputs_.by_symbol ? table_ + inputs_.symbol(place) * width_ : rows_[place];
    }

private:
    const Inputs& inputs_;
    float* const table_;
    const int width_;
    const Block<float*> rows_;
};

// With a table: the sums' gradients of all tokens with the same symbol, added up. Every member its own columns.
inline void add_by_symbol(const Schedule& schedule, const Inputs& inputs, const float* gradient, int width, Share own,
                          float* to) {
    for (int64_t place = 0; place < inputs.count(); ++place)
        std::memset(to + place * width + own.begin * W, 0, sizeof(float) * (own.end - own.begin) * W);
    const int* slot = inputs.slots(0);
    for (int64_t token = 0; token < schedule.tokens; ++token)
        for (int v = own.begin; v < own.end; ++v) {
            float* sum = to + static_cast<int64_t>(slot[token]) * width + v * W;
            store(sum, load(sum) + load(gradient + token * width + v * W));
        }
}

}  // namespace WEFT_ISA
}  // namespace weft
