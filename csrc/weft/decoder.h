// A stack of recurrent layers, one time step a call: for streams, and for writing symbol after symbol.
//
// Plain C++17. The weights are copied and packed when the decoder is made; what happens to the originals later does not
// reach it. A decoder does not change: several threads may step it at once.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "core.h"

namespace weft {

enum class Precision : int {
    float32,
    int8,  // weights rounded to 8 bits with a scale a row and group of 64 inputs; sums and states stay float32
};

// The vectors of the symbols that the first layer reads.
struct Symbols {
    const float* vectors;  // [count, D]; null: one-hot, D = count
    int64_t count;         // 0: the decoder is given vectors, not symbols
};

// logits = weight h + bias
struct OutputLayer {
    const float* weight;  // [count, H]
    const float* bias;    // [count] or null
    int64_t count;        // 0: there is none
};

// How the next symbol is drawn.
struct Drawing {
    double temperature = 1.0;  // 0: the most probable symbol, the first of equals
    int64_t most = 0;          // keep so many of the most probable symbols, 0 for all
    double share = 1.0;        // keep the most probable symbols until their sum reaches it
    int64_t forbidden = -1;    // a symbol that is never drawn, -1 for none
};

struct StepPlan;
struct StepCall;
struct StepKernels;

class Decoder {
public:
    // layers: the lowest first, each as wide in its input as the one below has units. threads: for the making.
    Decoder(const std::vector<Layer>& layers, const Symbols& symbols, const OutputLayer& output, Precision precision,
            int threads);
    ~Decoder();
    Decoder(const Decoder&) = delete;
    Decoder& operator=(const Decoder&) = delete;

    int inputs() const;        // D of a vector, when it reads vectors
    int64_t outputs() const;   // 0 without an output layer
    int64_t symbols() const;
    int state_width() const;   // floats of a row's state: of each layer h, then an LSTM's cell
    int64_t bytes() const;     // of weights that a step reads

    // One step. symbols [rows] or vectors [rows, D]; before and after [rows, state_width], not the same memory;
    // out [rows, outputs] or null to leave the output layer out. Throws std::out_of_range for a symbol that is none.
    void step(int rows, const int64_t* symbols, const float* vectors, const float* before, float* after, float* out,
              int threads) const;

    // One step, and a symbol drawn by each row's number in [0, 1): the first at which the running sum of probability
    // passes it. drawn [rows] is -1 where the logits are not numbers. logp [rows] or null: log p of the drawn symbol
    // among all but the forbidden one, before temperature and cuts. Returns whether all logits were numbers.
    bool draw(int rows, const int64_t* symbols, const float* before, float* after, const double* numbers,
              const Drawing& drawing, int64_t* drawn, float* logp, int threads) const;

private:
    struct Parts;
    std::unique_ptr<Parts> parts_;
};

}  // namespace weft
