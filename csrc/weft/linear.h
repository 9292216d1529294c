// Linear recurrences on a CPU: h_t = a_t * h_{t-1} + b_t for every unit by itself, forward and backward. There is no
// product of the state, so one pass over time reads what feeds it once and writes h once.
//
// Every number is computed in an order that depends on nothing but its own row: not on the number of threads, and not on
// which other rows stand in the batch.
#pragma once

#include "core.h"

namespace weft {

// Where a and b come from, and so what feeds the recurrence: a and b themselves, or the input's sums of a cell's gates.
enum class LinearCell : int {
    given = 0,             // a, b
    mingru = 1,            // z, n: a = 1 - sigmoid(z), b = sigmoid(z) * n
    mingru_positive = 2,   // n through g: v + 1/2 where v >= 0, sigmoid(v) elsewhere
    minlstm = 3,           // f, i, n: a = sigmoid(f) / (sigmoid(f) + sigmoid(i)), b = (1 - a) * n
    minlstm_positive = 4,  // n through g
};

// Vectors of all real tokens, row after row in the order of time, nothing between the rows. Vector k of token t begins
// at data[k] + t * stride; `given` has two vectors a token, others one a gate.
template <class Number>
struct Feed {
    Number* data[3];
    int64_t stride;
};

struct Recurrence {
    LinearCell cell;
    int units;  // H
    Feed<const float> feed;
    const float* start;  // [rows, H]
};

// outputs: h at real places, zero at padding. end: h after each row's last step, [rows, H].
void linear_forward(const Recurrence& recurrence, const Batch& batch, Vectors<float> outputs, float* end, int threads);

// The gradients of what linear_forward returned, in: outputs (read at real places only) and end, either null for zero.
// All others are out and overwritten.
struct LinearGradients {
    Vectors<const float> outputs;
    const float* end;
    Feed<float> feed;
    float* start;
};

// h: what linear_forward wrote to `outputs`.
void linear_backward(const Recurrence& recurrence, const Batch& batch, Vectors<const float> h,
                     const LinearGradients& gradients, int threads);

}  // namespace weft
