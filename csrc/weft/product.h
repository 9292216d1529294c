// y = W x + b on a packed copy of W: for few vectors at a time, over and over.
//
// The numbers of a vector are sums in an order that depends on the widths alone: not on the number of threads, not on the
// other vectors.
#pragma once

#include <cstdint>

#include "pages.h"
#include "step_plan.h"

namespace weft {

class Product {
public:
    // weight [outputs, inputs], bias [outputs] or null; both are copied.
    Product(const float* weight, const float* bias, int inputs, int outputs);

    // vectors [count, inputs], out [count, outputs]; threads: at most so many. Several threads may call it at once.
    void run(int64_t count, const float* vectors, float* out, int threads) const;

private:
    const StepKernels& kernels_;
    const int outputs_;
    Pages memory_;
    Packed matrix_;
    const float* start_ = nullptr;
};

}  // namespace weft
