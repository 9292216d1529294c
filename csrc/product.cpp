#include "weft/product.h"

namespace weft {

Product::Product(const float* weight, const float* bias, int inputs, int outputs)
    : kernels_(step_kernels()), outputs_(outputs) {
    const int64_t columns = int64_t{(outputs + kernels_.width - 1) / kernels_.width} * kernels_.width;
    memory_.reserve(static_cast<size_t>(columns * (inputs + 1) + 2 * 16) * sizeof(float));
    float* numbers = memory_.take<float>(columns * inputs);
    float* start = memory_.take<float>(columns);
    kernels_.pack(outputs, 1, weight, inputs, numbers);
    kernels_.pack_start(outputs, 1, bias, start);
    matrix_.inputs = inputs, matrix_.numbers = numbers, start_ = start;
}

void Product::run(int64_t count, const float* vectors, float* out, int threads) const {
    kernels_.multiply(outputs_, matrix_, start_, vectors, count, out, threads);
}

}  // namespace weft
