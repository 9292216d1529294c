// What a case should give, by the reference.
#pragma once

#include "arrays.h"

namespace weft {
namespace checks {

using reference::Numbers;

struct Expected {
    Numbers outputs, d_x;             // [rows, steps, width], zero at padding
    Numbers end_h, end_cell, d_start_h, d_start_cell;
    Numbers d_table;
    reference::Parameters d;
    double swing = 0.0;  // what a sum's gradients add up to without their signs, over all tokens, on average
};

inline Numbers doubles(const Drawn& array, size_t count) {
    return array ? Numbers(array->data(), array->data() + array->size()) : Numbers(count);
}

inline reference::Parameters parameters(const Case& drawn, const Parts& parts) {
    const size_t bias = drawn.sizes.sums();
    return {doubles(parts.input, 0), doubles(parts.state, 0), doubles(parts.factor, 0), doubles(parts.input_bias, bias),
            doubles(parts.state_bias, bias)};
}

inline Numbers row_of(const Drawn& states, int row, size_t width) {
    if (!states) return Numbers(width);
    const float* from = states->data() + static_cast<size_t>(row) * width;
    return Numbers(from, from + width);
}

// Adds what row b gives; `outputs` are the core's own.
inline void expect_row(const Case& drawn, Given& given, Padded& outputs, const reference::Parameters& own, int b,
                       Expected& expected) {
    const size_t width = drawn.sizes.units, inputs = drawn.sizes.inputs;
    const int length = drawn.length(b);
    const auto time = [&](int s) { return drawn.reverse ? length - 1 - s : s; };
    std::vector<Numbers> x, side, d_h, d_x;
    for (int s = 0; s < length; ++s) {
        const float* const vector = given.x.at(b, time(s));
        const float *const output = outputs.at(b, time(s)), *const d_output = given.d_outputs.at(b, time(s));
        x.emplace_back(vector, vector + inputs);
        side.emplace_back(output, output + width);
        d_h.push_back(drawn.from_outputs ? Numbers(d_output, d_output + width) : Numbers(width));
    }
    Numbers d_start_h = row_of(given.d_h, b, width), d_start_cell = row_of(given.d_cell, b, width);
    reference::Row row(drawn.sizes, own);
    row.forward(x, row_of(given.start_h, b, width), row_of(given.start_cell, b, width));
    row.backward(d_h, side, expected.d, d_x, d_start_h, d_start_cell);
    for (int s = 0; s < length; ++s) {
        const size_t place = static_cast<size_t>(b * drawn.steps + time(s));
        std::copy(row.h[s].begin(), row.h[s].end(), expected.outputs.begin() + static_cast<std::ptrdiff_t>(place * width));
        std::copy(d_x[s].begin(), d_x[s].end(), expected.d_x.begin() + static_cast<std::ptrdiff_t>(place * inputs));
        for (size_t k = 0; drawn.by_symbol && k < inputs; ++k)
            expected.d_table[static_cast<size_t>(given.symbol(drawn, b, time(s))) * inputs + k] += d_x[s][k];
    }
    expected.swing += row.swing / static_cast<double>(drawn.sizes.sums());
    const auto append = [](const Numbers& from, Numbers& to) { to.insert(to.end(), from.begin(), from.end()); };
    append(row.h.back(), expected.end_h), append(row.c.back(), expected.end_cell);
    append(d_start_h, expected.d_start_h), append(d_start_cell, expected.d_start_cell);
}

inline Expected expect(const Case& drawn, Given& given, Padded& outputs) {
    const reference::Parameters own = parameters(drawn, given.parts);
    const size_t places = static_cast<size_t>(drawn.rows) * static_cast<size_t>(drawn.steps);
    Expected expected;
    expected.outputs.resize(places * drawn.sizes.units), expected.d_x.resize(places * drawn.sizes.inputs);
    expected.d_table.resize(drawn.by_symbol ? static_cast<size_t>(drawn.symbols) * drawn.sizes.inputs : 0);
    expected.d = {Numbers(own.input.size()), Numbers(own.state.size()), Numbers(own.factor.size()),
                  Numbers(own.input_bias.size()), Numbers(own.state_bias.size())};
    for (int b = 0; b < drawn.rows; ++b) expect_row(drawn, given, outputs, own, b, expected);
    return expected;
}

}  // namespace checks
}  // namespace weft
