// A case of the fuzz check: sizes and options drawn from one seed.
#pragma once

#include <cmath>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "reference.h"

namespace weft {
namespace checks {

// Numbers from a seed, the same on every machine.
class Draw {
public:
    explicit Draw(uint64_t seed) : engine_(seed) {}

    int64_t below(int64_t end) { return static_cast<int64_t>(engine_() % static_cast<uint64_t>(end)); }
    int between(int least, int most) { return least + static_cast<int>(below(most - least + 1)); }
    bool one_in(int count) { return below(count) == 0; }
    double uniform() { return static_cast<double>(engine_() >> 11) * 0x1p-53; }
    double normal() {  // a sum of four uniform numbers: near enough, and the same everywhere
        return 1.7320508 * (uniform() + uniform() + uniform() + uniform() - 2.0);
    }
    // Mostly small; some beside multiples of 16, where vectors end; some of any size.
    int size(int most) {
        const int kind = between(0, 9);
        int value = between(1, 9);
        if (kind >= 5 && kind < 8) value = 16 * between(1, 6) + between(-1, 1);
        if (kind >= 8) value = static_cast<int>(std::exp(uniform() * std::log(most + 1.0)));
        return value < 1 ? 1 : value > most ? most : value;
    }

private:
    std::mt19937_64 engine_;
};

struct Case {
    reference::Sizes sizes;
    int rows, steps;
    std::vector<int64_t> lengths;  // empty: none given
    bool reverse;
    bool input_bias, state_bias, start_h, start_cell;    // given or null
    bool time_major;                                     // order of the vectors in memory
    int gap;                                             // floats between vectors that belong to nobody
    bool by_symbol;
    int64_t symbols;                                     // rows of the table
    bool from_outputs, from_h, from_cell;                // incoming gradients given or null
    bool d_input_weight, d_state_weight, d_factor_weight, d_input_bias, d_state_bias;  // gradients wanted or null
    bool d_input, d_start_h, d_start_cell;
    int threads, other_threads;
    int row_alone;
    double state_gain, input_gain;                       // how strongly the state and the input drive the sums

    int length(int b) const { return lengths.empty() ? steps : static_cast<int>(lengths[static_cast<size_t>(b)]); }
    bool has_cell() const { return sizes.cell == Cell::lstm; }
};

// Multiplications of a case forward; the plain loops take some hundred million a second.
inline double work(const Case& drawn) {
    const double columns = static_cast<double>(drawn.sizes.gates() * drawn.sizes.units + 2 * drawn.sizes.factors);
    return columns * static_cast<double>(drawn.sizes.units + drawn.sizes.inputs) * drawn.rows * drawn.steps;
}

inline void draw_sizes(Draw& draw, double most_work, Case& drawn) {
    do {
        drawn.sizes.cell = static_cast<Cell>(draw.between(0, 6));
        drawn.sizes.inputs = static_cast<size_t>(draw.size(300));
        drawn.sizes.units = static_cast<size_t>(draw.size(1030));
        drawn.sizes.factors = drawn.sizes.multiplicative() ? static_cast<size_t>(draw.size(300)) : 0;
        drawn.rows = draw.size(257);
        drawn.steps = draw.one_in(6) ? 1 : draw.between(1, 40);
    } while (work(drawn) > most_work);
}

inline void draw_lengths(Draw& draw, Case& drawn) {
    if (draw.one_in(3)) return;
    const int kind = draw.between(0, 3);  // any, mostly short, none full, all full
    for (int b = 0; b < drawn.rows; ++b) {
        int length = draw.between(1, drawn.steps);
        if (kind == 1 && !draw.one_in(4)) length = 1;
        if (kind == 2 && length > 1) length = 1 + length / 2;
        if (kind == 3) length = drawn.steps;
        drawn.lengths.push_back(length);
    }
}

inline Case draw_case(uint64_t seed, double most_work) {
    Draw draw(seed);
    Case drawn{};
    const auto usually = [&draw] { return !draw.one_in(4); };
    draw_sizes(draw, draw.one_in(10) ? most_work : most_work / 30, drawn);
    draw_lengths(draw, drawn);
    drawn.reverse = draw.one_in(2);
    drawn.input_bias = usually();
    drawn.state_bias = !drawn.sizes.multiplicative() && usually();
    drawn.start_h = usually(), drawn.start_cell = drawn.has_cell() && usually();
    drawn.time_major = draw.one_in(2);
    drawn.gap = draw.one_in(2) ? draw.between(1, 20) : 0;
    drawn.by_symbol = draw.one_in(3);
    drawn.symbols = draw.one_in(3) ? 1 + draw.below(3) : draw.between(1, 200);
    drawn.from_outputs = usually(), drawn.from_h = usually(), drawn.from_cell = drawn.has_cell() && usually();
    drawn.d_input_weight = usually(), drawn.d_state_weight = usually();
    drawn.d_factor_weight = drawn.sizes.multiplicative() && usually();
    drawn.d_input_bias = usually(), drawn.d_state_bias = !drawn.sizes.multiplicative() && usually();
    drawn.d_input = usually(), drawn.d_start_h = usually(), drawn.d_start_cell = drawn.has_cell() && usually();
    drawn.threads = draw.between(1, 3);
    drawn.other_threads = drawn.threads == 1 ? draw.between(2, 3) : 1;
    drawn.row_alone = draw.between(0, drawn.rows - 1);
    drawn.state_gain = 0.2 + 0.6 * draw.uniform();  // beyond 1 errors would grow from step to step
    // A strong input saturates the cells; multiplicative ones it would make chaotic, and nothing could be compared.
    drawn.input_gain = draw.one_in(8) && !drawn.sizes.multiplicative() ? 8.0 : 0.2 + 0.8 * draw.uniform();
    return drawn;
}

inline std::string describe(const Case& drawn) {
    const char* const names[] = {"elman tanh", "elman sigmoid", "elman relu", "lstm", "gru", "mrnn", "mrnn released"};
    const auto number = [](const char* name, int64_t value) { return std::string(" ") + name + "=" + std::to_string(value); };
    std::string text = names[static_cast<int>(drawn.sizes.cell)];
    text += number("H", static_cast<int64_t>(drawn.sizes.units)) + number("D", static_cast<int64_t>(drawn.sizes.inputs));
    text += number("F", static_cast<int64_t>(drawn.sizes.factors)) + number("B", drawn.rows) + number("T", drawn.steps);
    text += drawn.lengths.empty() ? " no lengths" : " lengths";
    if (drawn.by_symbol) text += number("symbols", drawn.symbols);
    if (drawn.reverse) text += " reverse";
    if (drawn.time_major) text += " time-major";
    text += number("gap", drawn.gap) + number("threads", drawn.threads) + number("and", drawn.other_threads);
    return text;
}

}  // namespace checks
}  // namespace weft
