// What a decoder's step does, as data: a list of products, each with what is made of its sums. Written once when the
// decoder is made (decoder.cpp), run at every step by the code of the instruction set (step.h).
#pragma once

#include <cstdint>

#include "core.h"

namespace weft {

// Inputs of an int8 matrix that share a scale; so many products also fit the whole numbers they are summed in.
constexpr int kGroup = 64;

// A weight matrix in the order of products with few rows, in float32 or in int8.
struct Packed {
    int inputs = 0;                  // K; 0: there is no such product
    const float* numbers = nullptr;  // [panel][K][vectors][lane], or null with
    const int8_t* bytes = nullptr;   // [panel][pair of inputs][vectors][lane][2]
    const float* scales = nullptr;   // [panel][group of inputs][vectors][lane]
};

// What becomes of the sums of a stage.
enum class Finish : int {
    elman_tanh,
    elman_sigmoid,
    elman_relu,
    lstm,
    gru,
    factors,           // of a multiplicative cell: x * u
    factors_released,  // (tanh(x) + b) * u, where b begins the state's sums
    output,
};

constexpr int kFromCall = -1;     // the call's vectors or symbols
constexpr int kFromFactors = -2;  // what the stage before made

// outputs = finish(input_start + input * x, state_start + state * s), x and s vectors of the row.
struct Stage {
    Finish finish;
    int units;  // outputs, each made of `gates` sums
    int gates;
    Packed input;
    Packed state;
    const float* input_start;  // the sums' first values in the order of the packed columns; null with a table
    const float* state_start;  // with factors_released what is added to the factors
    int64_t table;             // where this stage's columns begin in a row of the table; -1: not there
    int x;                     // column of the state after the step where x begins, or kFromCall
    int s;                     // column of the state before the step where s begins, or kFromFactors
    int to;                    // column of h in the state, before and after
    int cell;                  // column of an LSTM's cell
};

struct StepPlan {
    const Stage* stages;
    int count;
    int state_width;       // floats of a row's state
    int inputs;            // D
    const float* vectors;  // [symbols, D] when symbols are read without a table, else null
    const float* table;    // [symbols, table_width] the first layer's sums of every symbol, or null
    int64_t table_width;
    int factors;           // widest of a multiplicative cell, 0 without
    int64_t bytes;         // of weights that a step reads
};

struct StepCall {
    int rows;
    const int64_t* symbols;  // [rows], or null with
    const float* vectors;    // [rows, D]
    const float* before;     // [rows, state_width]
    float* after;            // [rows, state_width], other memory than before
    float* out;              // [rows, outputs], used when the plan has an output
    int threads;
};

int64_t nanoseconds();  // of a clock that never goes back

// How long a step took, in nanoseconds, and how long the caller's thread would have taken alone, as its own share tells.
struct StepTimes {
    int members;  // of the team; with one there are no times
    int64_t taken;
    int64_t alone;
};

// One set of instructions' part of a decoder.
struct StepKernels {
    int width;  // lanes
    void (*pack)(int units, int gates, const float* weights, int inputs, float* numbers);
    void (*pack_small)(int units, int gates, const float* weights, int inputs, int8_t* bytes, float* scales);
    void (*pack_start)(int units, int gates, const float* bias, float* start);
    // sums [count] = start + matrix * vectors, columns in packed order, rows `stride` floats apart
    void (*project)(int units, int gates, const Packed& matrix, const float* start, const float* vectors,
                    int64_t count, float* sums, int64_t stride, int threads);
    // out [count, units] = start + matrix * vectors
    void (*multiply)(int units, const Packed& matrix, const float* start, const float* vectors, int64_t count,
                     float* out, int threads);
    StepTimes (*step)(const StepPlan& plan, const StepCall& call);
    // The largest of the numbers, or NaN when one of them is.
    float (*largest)(const float* numbers, int64_t count);
    // weights = e^((numbers - largest) * sharpness), 0 below the range of float32
    void (*weigh)(const float* numbers, int64_t count, float largest, float sharpness, float* weights);
};

const StepKernels& step_kernels();  // of the instruction set in use

}  // namespace weft
