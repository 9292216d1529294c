// Draws a symbol from logits.
#pragma once

#include <cstdint>

namespace weft {

struct Drawing;
struct StepKernels;

// logits [count] (the forbidden one is overwritten), weights: room for count numbers. Returns the symbol, or -1 when the
// logits are not numbers; logp as in Decoder::draw, or null.
int64_t draw_symbol(const StepKernels& kernels, float* logits, int64_t count, const Drawing& drawing, double number,
                    float* weights, float* logp);

}  // namespace weft
