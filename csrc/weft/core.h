// The C++ core of Weft: recurrent layers over time on a CPU, forward and backward.
//
// Plain C++17 on pointers and sizes; it knows neither Python nor torch. All numbers are float32, all matrices row-major
// in the layout of torch's layers: one block of H rows a gate. One call runs one layer in one direction over a batch of
// rows that may differ in length: the cost is that of the real steps, padding is neither read nor computed.
//
// Every number that belongs to a row is a sum taken in an order that depends on sizes alone: not on the number of threads, not on which other
// rows stand in the batch, not on whether anything is kept, and what goes forward not on whether symbols or their vectors
// go in. csrc/tests/fuzz.cpp holds it, and every other word here, to that.
#pragma once

#include <cstddef>
#include <cstdint>

namespace weft {

enum class Cell : int {
    elman_tanh = 0,
    elman_sigmoid = 1,
    elman_relu = 2,
    lstm = 3,           // gates i, f, g, o
    gru = 4,            // gates r, z, n; the reset gate acts after the product with the state
    mrnn = 5,           // factors F and H: f = (W_if x) * (W_hf h), h = tanh(W_ih x + W_fh f)
    mrnn_released = 6,  // the same with f = (tanh(W_if x) + b_f) * (W_hf h)
};

// Not inline alone: the linker would keep one instruction set's copy for all.
static inline constexpr int gates_of(Cell cell) { return cell == Cell::lstm ? 4 : cell == Cell::gru ? 3 : 1; }
static inline constexpr bool is_multiplicative(Cell cell) {
    return cell == Cell::mrnn || cell == Cell::mrnn_released;
}

// One layer's parameters; also the shape of their gradients. G is the number of gates (1, 4 or 3).
template <class Number>
struct Weights {
    Number* input;        // [G * H, D]; multiplicative cells [F + H, D], the factors' rows first
    Number* state;        // [G * H, H]; multiplicative cells [F, H]
    Number* factor;       // multiplicative cells [H, F], others null
    Number* input_bias;   // [G * H] or null; multiplicative cells [F + H] or null
    Number* state_bias;   // [G * H] or null; multiplicative cells null
};

struct Layer {
    Cell cell;
    int inputs;   // D
    int units;    // H
    int factors;  // F, 0 for cells without
    Weights<const float> weights;
};

// Rows of a batch, at least one of at least one step. Step s of a row is its time s, or its time length - 1 - s in
// reverse, each from its own end.
struct Batch {
    int rows;
    int steps;                // places of the padded batch, at least the longest length
    const int64_t* lengths;   // [rows], 1 <= length <= steps; null when every row has all steps
    bool reverse;
};

// Vectors of a padded batch: the vector of row b at time t begins at data + b * row_stride + t * step_stride. Nothing
// between the vectors is read or written.
template <class Number>
struct Vectors {
    Number* data;
    int64_t row_stride;
    int64_t step_stride;
};

// What goes in: a vector at every place, or a symbol at every place and the vectors of all symbols. With symbols the
// input product is taken once a distinct symbol of the batch. Only real places are read, and of the table only what they
// name.
struct Input {
    Vectors<const float> vectors;    // used when table is null
    const float* table;              // [symbols, D] or null
    Vectors<const int64_t> symbols;  // used with table, 0 <= symbol < count
    int64_t count;
};

// The state of every row, [rows, H] without gaps. cell is null, or not looked at, for cells with one state.
template <class Number>
struct State {
    Number* h;
    Number* cell;
};

// Floats that forward must keep for backward.
int64_t kept_size(const Layer& layer, const Batch& batch);

// start: null is zero. outputs: written at real places and set to zero at padding. end: after each row's last step, not
// null. kept: kept_size floats, or null when there will be no backward. threads: at most so many, at least 1.
void forward(const Layer& layer, const Batch& batch, const Input& input, State<const float> start,
             Vectors<float> outputs, State<float> end, float* kept, int threads);

// The gradients of what forward returned, in: outputs (read at real places only) and end, either null for zero.
// The gradients wanted, out, all overwritten: null pointers are left out. input gets the vectors' gradient, zero at
// padding, or with a table `table` the table's [symbols, D], where symbols that no real place has are left as they are.
struct Gradients {
    Vectors<const float> outputs;
    State<const float> end;
    Weights<float> weights;
    Vectors<float> input;
    float* table;
    State<float> start;
};

void backward(const Layer& layer, const Batch& batch, const Input& input, State<const float> start, const float* kept,
              const Gradients& gradients, int threads);

// Instruction sets by name, the fastest first: "avx512", "avx2", "portable".
const char* instructions();                  // the one in use
bool has_instructions(const char* name);     // false when this machine or this build lacks it, or nobody knows the name
bool use_instructions(const char* name);     // false when this machine or this build lacks it; for tests and comparisons

}  // namespace weft
