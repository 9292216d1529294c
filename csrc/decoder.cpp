#include "weft/decoder.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <stdexcept>
#include <string>

#include "weft/draw.h"
#include "weft/pages.h"
#include "weft/step_plan.h"

namespace weft {
namespace {

// A table takes a vector's product out of every step. It is made as long as that costs little beside some hundred steps.
constexpr int64_t kSymbolsOfATable = 1024;

// Whether a team pays. Where another program wants the cores too, a team waits for members that are not running, for
// a hundred times as long as the step would take alone; and a thread that sleeps takes longer to wake than a small step.
// What a step computes does not depend on it.
class Patience {
public:
    int threads(int asked) {
        if (asked < 2 || alone_.load(std::memory_order_relaxed) <= 0) return asked;
        alone_.fetch_sub(1, std::memory_order_relaxed);
        return 1;
    }
    void judge(const StepTimes& times) {
        if (times.members < 2) return;
        const int steps = pause_.load(std::memory_order_relaxed);
        if (times.taken < times.alone)
            return pause_.store(std::max(kShortest, steps / 2), std::memory_order_relaxed);
        alone_.store(steps, std::memory_order_relaxed);
        pause_.store(std::min(kLongest, steps * 2), std::memory_order_relaxed);
    }

private:
    static constexpr int kShortest = 4, kLongest = 128;  // steps taken alone after one that did not pay
    std::atomic<int> alone_{0};
    std::atomic<int> pause_{kShortest};
};

Finish finish_of(Cell cell) {
    switch (cell) {
        case Cell::elman_sigmoid: return Finish::elman_sigmoid;
        case Cell::elman_relu: return Finish::elman_relu;
        case Cell::lstm: return Finish::lstm;
        case Cell::gru: return Finish::gru;
        default: return Finish::elman_tanh;
    }
}

// A matrix as it was given, [gates * units, inputs].
struct Matrix {
    const float* weights;
    int units, gates, inputs;
};

// Packs the parts of a plan; run once without memory to find out how much is needed, and once more with it.
class Packing {
public:
    Packing(const StepKernels& kernels, Precision precision, Pages& memory, int threads)
        : kernels_(kernels), precision_(precision), memory_(memory), threads_(threads) {}

    int64_t bytes() const { return bytes_; }
    int64_t columns(int units, int gates) const {
        return int64_t{(units + kernels_.width - 1) / kernels_.width} * kernels_.width * gates;
    }

    Packed pack(const Matrix& matrix) {
        if (precision_ == Precision::float32) return pack_floats(matrix, memory_);
        Packed packed;
        packed.inputs = matrix.inputs;
        const int64_t width = columns(matrix.units, matrix.gates);
        const int64_t bytes = width * ((matrix.inputs + 1) / 2) * 2;
        const int64_t scales = width * ((matrix.inputs + kGroup - 1) / kGroup);
        int8_t* to = memory_.take<int8_t>(bytes);
        float* to_scales = memory_.take<float>(scales);
        if (to != nullptr)
            kernels_.pack_small(matrix.units, matrix.gates, matrix.weights, matrix.inputs, to, to_scales);
        packed.bytes = to, packed.scales = to_scales;
        bytes_ += bytes + scales * static_cast<int64_t>(sizeof(float));
        return packed;
    }

    const float* start(const float* bias, int units, int gates) {
        float* to = memory_.take<float>(columns(units, gates));
        if (to != nullptr) kernels_.pack_start(units, gates, bias, to);
        return to;
    }

    float* table(int64_t symbols, int64_t width) { return memory_.take<float>(symbols * width); }

    // One stage's columns of the table: start + matrix * vector, or with one-hot vectors the matrix's own columns.
    void fill(float* table, int64_t width, const Matrix& matrix, const float* start, const Symbols& symbols) const {
        if (table == nullptr) return;
        if (symbols.vectors == nullptr) return fill_one_hot(table, width, matrix, start);
        Pages memory;
        memory.reserve(columns(matrix.units, matrix.gates) * matrix.inputs * sizeof(float));
        Packing own(kernels_, Precision::float32, memory, threads_);
        kernels_.project(matrix.units, matrix.gates, own.pack(matrix), start, symbols.vectors, symbols.count, table,
                         width, threads_);
    }

private:
    Packed pack_floats(const Matrix& matrix, Pages& memory) {
        Packed packed;
        packed.inputs = matrix.inputs;
        const int64_t count = columns(matrix.units, matrix.gates) * matrix.inputs;
        float* to = memory.take<float>(count);
        if (to != nullptr) kernels_.pack(matrix.units, matrix.gates, matrix.weights, matrix.inputs, to);
        packed.numbers = to;
        bytes_ += count * static_cast<int64_t>(sizeof(float));
        return packed;
    }

    void fill_one_hot(float* table, int64_t width, const Matrix& matrix, const float* start) const {
        std::vector<float> column(int64_t{matrix.units} * matrix.gates);
        const int64_t count = columns(matrix.units, matrix.gates);
        for (int symbol = 0; symbol < matrix.inputs; ++symbol, table += width) {
            for (size_t row = 0; row < column.size(); ++row) column[row] = matrix.weights[row * matrix.inputs + symbol];
            kernels_.pack_start(matrix.units, matrix.gates, column.data(), table);
            for (int64_t i = 0; i < count; ++i) table[i] += start[i];
        }
    }

    const StepKernels& kernels_;
    const Precision precision_;
    Pages& memory_;
    const int threads_;
    int64_t bytes_ = 0;
};

}  // namespace

struct Decoder::Parts {
    const StepKernels& kernels;
    Pages memory;
    std::vector<Stage> stages;
    std::vector<float> vectors;  // of the symbols, when there is no table
    StepPlan plan{};
    int64_t symbols = 0;
    int64_t outputs = 0;
    Patience patience;

    explicit Parts(const StepKernels& chosen) : kernels(chosen) {}

    void lay_out(const std::vector<Layer>& layers, const Symbols& read, const OutputLayer& output, Packing packing) {
        stages.clear();
        int column = 0, below = kFromCall;
        for (const Layer& layer : layers) {
            const bool reads_table = below == kFromCall && has_table(read);
            if (is_multiplicative(layer.cell))
                add_multiplying(layer, column, below, reads_table ? &read : nullptr, packing);
            else
                add_gated(layer, column, below, reads_table ? &read : nullptr, packing);
            below = column;
            column += layer.units * (layer.cell == Cell::lstm ? 2 : 1);
        }
        if (output.count > 0) add_output(output, layers.back().units, below, packing);
        plan.stages = stages.data();
        plan.state_width = column;
        plan.bytes = packing.bytes();
    }

    static bool has_table(const Symbols& read) {
        return read.count > 0 && (read.vectors == nullptr || read.count <= kSymbolsOfATable);
    }

private:
    // One stage; its input's product goes into the table when there is one, from the column that is next there.
    Stage stage(Finish finish, const Matrix& input, const float* input_bias, const Matrix& state,
                const float* state_bias, const Symbols* table, int64_t in_table, Packing& packing) {
        Stage made{};
        made.finish = finish, made.units = state.units, made.gates = state.gates, made.table = -1;
        made.input_start = packing.start(input_bias, state.units, state.gates);
        made.state_start = packing.start(state_bias, state.units, state.gates);
        made.state = packing.pack(state);
        if (table == nullptr) {
            made.input = packing.pack(input);
            return made;
        }
        made.table = in_table;
        float* rows = const_cast<float*>(plan.table);
        packing.fill(rows == nullptr ? nullptr : rows + in_table, plan.table_width, input, made.input_start, *table);
        return made;
    }

    void add_gated(const Layer& layer, int column, int below, const Symbols* table, Packing& packing) {
        const int gates = gates_of(layer.cell);
        const Weights<const float>& weights = layer.weights;
        if (table != nullptr) {
            plan.table_width = packing.columns(layer.units, gates);
            plan.table = packing.table(table->count, plan.table_width);
        }
        Stage made = stage(finish_of(layer.cell), {weights.input, layer.units, gates, layer.inputs}, weights.input_bias,
                           {weights.state, layer.units, gates, layer.units}, weights.state_bias, table, 0, packing);
        made.x = below, made.s = made.to = column, made.cell = column + layer.units;
        stages.push_back(made);
    }

    void add_multiplying(const Layer& layer, int column, int below, const Symbols* table, Packing& packing) {
        const Weights<const float>& weights = layer.weights;
        const bool released = layer.cell == Cell::mrnn_released;
        const int64_t factor_columns = packing.columns(layer.factors, 1);
        if (table != nullptr) {
            plan.table_width = factor_columns + packing.columns(layer.units, 1);
            plan.table = packing.table(table->count, plan.table_width);
        }
        const float* biases = weights.input_bias;  // of the factors, then of the units
        Stage factors = stage(released ? Finish::factors_released : Finish::factors,
                              {weights.input, layer.factors, 1, layer.inputs}, released ? nullptr : biases,
                              {weights.state, layer.factors, 1, layer.units}, released ? biases : nullptr, table, 0,
                              packing);
        factors.x = below, factors.s = factors.to = column;
        stages.push_back(factors);
        const float* input = weights.input + int64_t{layer.factors} * layer.inputs;
        Stage units = stage(Finish::elman_tanh, {input, layer.units, 1, layer.inputs},
                            biases == nullptr ? nullptr : biases + layer.factors,
                            {weights.factor, layer.units, 1, layer.factors}, nullptr, table, factor_columns, packing);
        units.x = below, units.s = kFromFactors, units.to = column;
        stages.push_back(units);
        plan.factors = std::max(plan.factors, layer.factors);
    }

    void add_output(const OutputLayer& output, int units, int top, Packing& packing) {
        const int count = static_cast<int>(output.count);
        Stage made{};
        made.finish = Finish::output, made.units = count, made.gates = 1, made.table = -1;
        made.input_start = packing.start(output.bias, count, 1);
        made.state_start = packing.start(nullptr, count, 1);
        made.state = packing.pack({output.weight, count, 1, units});
        made.x = kFromCall, made.s = top;
        stages.push_back(made);
    }
};

int64_t nanoseconds() {
    return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now().time_since_epoch())
        .count();
}

Decoder::Decoder(const std::vector<Layer>& layers, const Symbols& symbols, const OutputLayer& output,
                 Precision precision, int threads)
    : parts_(new Parts(step_kernels())) {
    Parts& parts = *parts_;
    parts.symbols = symbols.count;
    parts.outputs = output.count;
    parts.plan.inputs = layers.front().inputs;
    if (symbols.count > 0 && !Parts::has_table(symbols)) {
        parts.vectors.assign(symbols.vectors, symbols.vectors + symbols.count * parts.plan.inputs);
        parts.plan.vectors = parts.vectors.data();
    }
    parts.lay_out(layers, symbols, output, Packing(parts.kernels, precision, parts.memory, threads));
    parts.memory.reserve(parts.memory.used());
    parts.lay_out(layers, symbols, output, Packing(parts.kernels, precision, parts.memory, threads));
}

Decoder::~Decoder() = default;

int Decoder::inputs() const { return parts_->plan.inputs; }
int64_t Decoder::outputs() const { return parts_->outputs; }
int64_t Decoder::symbols() const { return parts_->symbols; }
int Decoder::state_width() const { return parts_->plan.state_width; }
int64_t Decoder::bytes() const { return parts_->plan.bytes; }

void Decoder::step(int rows, const int64_t* symbols, const float* vectors, const float* before, float* after,
                   float* out, int threads) const {
    for (int row = 0; symbols != nullptr && row < rows; ++row)
        if (symbols[row] < 0 || symbols[row] >= parts_->symbols)
            throw std::out_of_range("symbol " + std::to_string(symbols[row]) + " is outside the vocabulary of " +
                                    std::to_string(parts_->symbols));
    StepPlan plan = parts_->plan;
    plan.count = static_cast<int>(parts_->stages.size()) - (out == nullptr && parts_->outputs > 0 ? 1 : 0);
    const int members = parts_->patience.threads(threads);
    parts_->patience.judge(parts_->kernels.step(plan, {rows, symbols, vectors, before, after, out, members}));
}

bool Decoder::draw(int rows, const int64_t* symbols, const float* before, float* after, const double* numbers,
                   const Drawing& drawing, int64_t* drawn, float* logp, int threads) const {
    const int64_t count = parts_->outputs;
    std::unique_ptr<float[]> room(new float[(rows + 1) * count]);
    float* weights = room.get() + rows * count;
    step(rows, symbols, nullptr, before, after, room.get(), threads);
    bool all = true;
    for (int row = 0; row < rows; ++row) {
        drawn[row] = draw_symbol(parts_->kernels, room.get() + row * count, count, drawing, numbers[row], weights,
                                 logp == nullptr ? nullptr : logp + row);
        all = all && drawn[row] >= 0;
    }
    return all;
}

}  // namespace weft
