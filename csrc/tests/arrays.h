// The arrays of one case as the core wants them: single precision, in memory that notices trespassers, with NaN wherever
// the core promises not to look.
#pragma once

#include <memory>

#include "case.h"
#include "guarded.h"

namespace weft {
namespace checks {

using Floats = Guarded<float>;
using Drawn = std::unique_ptr<Floats>;

// Vectors [rows, steps, width] in either order, with gaps that belong to nobody.
struct Padded {
    int64_t row_stride, step_stride;
    Floats memory;

    Padded(const Case& drawn, size_t width, size_t offset)
        : Padded(static_cast<int64_t>(width) + drawn.gap, drawn, offset) {}
    float* at(int row, int time) { return memory.data() + row * row_stride + time * step_stride; }
    template <class Number>
    Vectors<Number> vectors() {
        return {memory.data(), row_stride, step_stride};
    }

private:
    Padded(int64_t stride, const Case& drawn, size_t offset)
        : row_stride(drawn.time_major ? stride : stride * drawn.steps + drawn.gap),
          step_stride(drawn.time_major ? stride * drawn.rows + drawn.gap : stride),
          memory(static_cast<size_t>((drawn.rows - 1) * row_stride + (drawn.steps - 1) * step_stride + stride - drawn.gap),
                 offset, untouched()) {}
};

// An array, or none: its pointer is null.
inline Drawn array(bool given, size_t count, size_t offset) {
    return given ? std::make_unique<Floats>(count, offset, untouched()) : nullptr;
}
inline float* pointer(const Drawn& array) { return array ? array->data() : nullptr; }

inline Drawn normal(Draw& draw, bool given, size_t count, double scale) {
    Drawn made = array(given, count, static_cast<size_t>(draw.below(16)));
    for (size_t i = 0; made && i < count; ++i) (*made)[i] = static_cast<float>(scale * draw.normal());
    return made;
}

// A layer's arrays in the order of core.h; the reference's numbers of the same.
struct Parts {
    Drawn input, state, factor, input_bias, state_bias;

    template <class Number>
    Weights<Number> weights() const {
        return {pointer(input), pointer(state), pointer(factor), pointer(input_bias), pointer(state_bias)};
    }
};

// What goes in. The symbols of padding are none, its vectors NaN, and so is what no place has of the table. Where there
// are symbols, x holds their vectors.
struct Given {
    Parts parts;
    Padded x, d_outputs;
    Drawn table;
    Guarded<int64_t> symbols, lengths;
    Drawn start_h, start_cell, d_h, d_cell;

    Given(const Case& drawn, Draw& draw)
        : parts(draw_parts(drawn, draw)), x(drawn, drawn.sizes.inputs, static_cast<size_t>(draw.below(16))),
          d_outputs(drawn, drawn.sizes.units, static_cast<size_t>(draw.below(16))),
          table(array(drawn.by_symbol, static_cast<size_t>(drawn.symbols) * drawn.sizes.inputs, 3)),
          symbols(static_cast<size_t>(drawn.rows) * static_cast<size_t>(drawn.steps), 1, -(int64_t{1} << 40)),
          lengths(drawn.lengths.size(), 1, 0) {
        const size_t states = static_cast<size_t>(drawn.rows) * drawn.sizes.units;
        start_h = normal(draw, drawn.start_h, states, 0.7), start_cell = normal(draw, drawn.start_cell, states, 0.7);
        d_h = normal(draw, drawn.from_h, states, 1.0), d_cell = normal(draw, drawn.from_cell, states, 1.0);
        for (size_t b = 0; b < drawn.lengths.size(); ++b) lengths[b] = drawn.lengths[b];
        for (int b = 0; b < drawn.rows; ++b)
            for (int t = 0; t < drawn.length(b); ++t) fill_place(drawn, draw, b, t);
        for (int b = 0; b < drawn.rows && drawn.by_symbol; ++b)
            for (int t = 0; t < drawn.length(b); ++t)
                std::memcpy(x.at(b, t), row_of(drawn, symbol(drawn, b, t)), sizeof(float) * drawn.sizes.inputs);
    }

    int64_t& symbol(const Case& drawn, int b, int t) {
        const int place = drawn.time_major ? t * drawn.rows + b : b * drawn.steps + t;
        return symbols[static_cast<size_t>(place)];
    }
    bool guards_hold() {
        bool hold = x.memory.guards_hold() && d_outputs.memory.guards_hold() && symbols.guards_hold() && lengths.guards_hold();
        for (const Drawn* each : {&parts.input, &parts.state, &parts.factor, &parts.input_bias, &parts.state_bias, &table,
                                  &start_h, &start_cell, &d_h, &d_cell})
            hold &= !*each || (*each)->guards_hold();
        return hold;
    }

private:
    static Parts draw_parts(const Case& drawn, Draw& draw) {
        const reference::Sizes& sizes = drawn.sizes;
        const double to_state = drawn.state_gain / std::sqrt(static_cast<double>(sizes.units));
        const double to_input = drawn.input_gain / std::sqrt(static_cast<double>(sizes.inputs));
        const size_t states = sizes.multiplicative() ? sizes.factors : sizes.sums();
        Parts parts;
        parts.input = normal(draw, true, sizes.sums() * sizes.inputs, to_input);
        parts.state = normal(draw, true, states * sizes.units, to_state);
        parts.factor = normal(draw, sizes.multiplicative(), sizes.units * sizes.factors,
                              drawn.state_gain / std::sqrt(static_cast<double>(sizes.factors) + 1.0));
        parts.input_bias = normal(draw, drawn.input_bias, sizes.sums(), 0.3);
        parts.state_bias = normal(draw, drawn.state_bias, sizes.sums(), 0.3);
        return parts;
    }
    float* row_of(const Case& drawn, int64_t symbol) { return table->data() + symbol * static_cast<int64_t>(drawn.sizes.inputs); }

    void fill_place(const Case& drawn, Draw& draw, int b, int t) {
        for (size_t j = 0; j < drawn.sizes.units; ++j) d_outputs.at(b, t)[j] = static_cast<float>(draw.normal());
        if (drawn.by_symbol) symbol(drawn, b, t) = draw.below(drawn.symbols);
        float* to = drawn.by_symbol ? row_of(drawn, symbol(drawn, b, t)) : x.at(b, t);
        for (size_t k = 0; k < drawn.sizes.inputs; ++k) to[k] = static_cast<float>(draw.normal());
    }
};

// What comes out; untouched before the core has run.
struct Results {
    Padded outputs, d_x;
    Drawn end_h, end_cell, kept, d_start_h, d_start_cell, d_table;
    Parts d;

    Results(const Case& drawn, int64_t kept_size, bool keeps)
        : outputs(drawn, drawn.sizes.units, 5), d_x(drawn, drawn.sizes.inputs, 7) {
        const reference::Sizes& sizes = drawn.sizes;
        const size_t states = static_cast<size_t>(drawn.rows) * sizes.units;
        end_h = array(true, states, 1), end_cell = array(drawn.has_cell(), states, 2);
        kept = array(keeps, static_cast<size_t>(kept_size), 0);
        d_start_h = array(drawn.d_start_h, states, 4), d_start_cell = array(drawn.d_start_cell, states, 6);
        d_table = array(drawn.by_symbol && drawn.d_input, static_cast<size_t>(drawn.symbols) * sizes.inputs, 8);
        d.input = array(drawn.d_input_weight, sizes.sums() * sizes.inputs, 9);
        d.state = array(drawn.d_state_weight, (sizes.multiplicative() ? sizes.factors : sizes.sums()) * sizes.units, 10);
        d.factor = array(drawn.d_factor_weight, sizes.units * sizes.factors, 11);
        d.input_bias = array(drawn.d_input_bias, sizes.sums(), 12);
        d.state_bias = array(drawn.d_state_bias, sizes.sums(), 13);
    }

    // By name, for comparisons; arrays not asked for are null.
    struct Named {
        const char* name;
        Floats* array;
    };
    std::vector<Named> all() {
        return {{"outputs", &outputs.memory}, {"end h", end_h.get()}, {"end cell", end_cell.get()},
                {"kept", kept.get()}, {"gradient of x", &d_x.memory}, {"gradient of start h", d_start_h.get()},
                {"gradient of start cell", d_start_cell.get()}, {"gradient of table", d_table.get()},
                {"gradient of input weight", d.input.get()}, {"gradient of state weight", d.state.get()},
                {"gradient of factor weight", d.factor.get()}, {"gradient of input bias", d.input_bias.get()},
                {"gradient of state bias", d.state_bias.get()}};
    }
};

}  // namespace checks
}  // namespace weft
