// The entry points of core.h for one instruction set: which class runs which cell, and with how many threads.
#pragma once

#include "backward.h"
#include "forward.h"
#include "multiplicative.h"

namespace weft {
namespace WEFT_ISA {

// Multiplications below which a team costs more than it saves: a few microseconds' worth a step, tens of them in all.
#ifdef WEFT_ALWAYS_A_TEAM  // csrc/tests: small cases too show what a team can do wrong
constexpr int64_t kStepWork = 0, kLayerWork = 0;
#else
constexpr int64_t kStepWork = 1 << 15, kLayerWork = 1 << 21;
#endif

inline int members(const Layer& layer, const Batch& batch, int threads) {
    const int64_t outputs = int64_t{gates_of(layer.cell)} * layer.units + layer.factors;
    const int64_t step = batch.rows * outputs * layer.units;
    const int64_t all = batch.rows * outputs * (layer.units + layer.inputs) * batch.steps;
    return step < kStepWork || all < kLayerWork ? 1 : threads;
}

inline int64_t kept_size(const Layer& layer, const Batch& batch) {
    int64_t tokens = int64_t{batch.rows} * batch.steps;
    if (batch.lengths != nullptr) {
        tokens = 0;
        for (int b = 0; b < batch.rows; ++b) tokens += batch.lengths[b];
    }
    const int64_t units = vectors_of(layer.units) * W, factors = vectors_of(layer.factors) * W;
    if (is_multiplicative(layer.cell)) return tokens * (units + kFactorVectors * factors);
    const int cell = layer.cell == Cell::lstm ? Lstm::kept : layer.cell == Cell::gru ? Gru::kept : 0;
    return tokens * units * (1 + cell);
}

inline void forward(const Layer& layer, const Batch& batch, const Input& input, State<const float> start,
                    Vectors<float> outputs, State<float> end, float* kept, int threads) {
    const int team = members(layer, batch, threads);
    switch (layer.cell) {
        case Cell::elman_tanh: return Forward<Elman<Tanh>>(layer, batch, input, start, outputs, end, kept, team).run();
        case Cell::elman_sigmoid: return Forward<Elman<Sigmoid>>(layer, batch, input, start, outputs, end, kept, team).run();
        case Cell::elman_relu: return Forward<Elman<Relu>>(layer, batch, input, start, outputs, end, kept, team).run();
        case Cell::lstm: return Forward<Lstm>(layer, batch, input, start, outputs, end, kept, team).run();
        case Cell::gru: return Forward<Gru>(layer, batch, input, start, outputs, end, kept, team).run();
        case Cell::mrnn:
        case Cell::mrnn_released: return MultiplicativeForward(layer, batch, input, start, outputs, end, kept, team).run();
    }
}

inline void backward(const Layer& layer, const Batch& batch, const Input& input, State<const float> start,
                     const float* kept, const Gradients& gradients, int threads) {
    const int team = members(layer, batch, threads);
    switch (layer.cell) {
        case Cell::elman_tanh: return Backward<Elman<Tanh>>(layer, batch, input, start, kept, gradients, team).run();
        case Cell::elman_sigmoid: return Backward<Elman<Sigmoid>>(layer, batch, input, start, kept, gradients, team).run();
        case Cell::elman_relu: return Backward<Elman<Relu>>(layer, batch, input, start, kept, gradients, team).run();
        case Cell::lstm: return Backward<Lstm>(layer, batch, input, start, kept, gradients, team).run();
        case Cell::gru: return Backward<Gru>(layer, batch, input, start, kept, gradients, team).run();
        case Cell::mrnn:
        case Cell::mrnn_released: return MultiplicativeBackward(layer, batch, input, start, kept, gradients, team).run();
    }
}

}  // namespace WEFT_ISA
}  // namespace weft
