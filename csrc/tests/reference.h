// What the core is compared with: every cell over one row in double precision, straight from its equations, one number
// after the other. It shares nothing with the core but the numbers of the cells and the order of the gates.
#pragma once

#include <cmath>
#include <cstddef>
#include <vector>

#include "weft/core.h"

namespace weft {
namespace reference {

using Numbers = std::vector<double>;

// Parameters as in core.h, or their gradients. Biases that a layer lacks are zeros.
struct Parameters {
    Numbers input, state, factor, input_bias, state_bias;
};

struct Sizes {
    Cell cell;
    size_t inputs, units, factors;

    bool multiplicative() const { return cell == Cell::mrnn || cell == Cell::mrnn_released; }
    size_t gates() const { return cell == Cell::lstm ? 4 : cell == Cell::gru ? 3 : 1; }
    size_t sums() const { return multiplicative() ? factors + units : gates() * units; }  // of the input
};

inline double sigmoid(double x) { return 1.0 / (1.0 + std::exp(-x)); }
inline double sigmoid_slope(double y) { return y * (1.0 - y); }
inline double tanh_slope(double y) { return 1.0 - y * y; }

// to += matrix * vector, matrix [to.size(), vector.size()]
inline void add_product(const double* matrix, const Numbers& vector, Numbers& to) {
    for (size_t i = 0; i < to.size(); ++i)
        for (size_t k = 0; k < vector.size(); ++k) to[i] += matrix[i * vector.size() + k] * vector[k];
}

// The gradients of a product, given that of its result: d_matrix += d * vector^T, d_vector += matrix^T * d.
inline void add_gradients(const double* matrix, const Numbers& vector, const Numbers& d, double* d_matrix,
                          Numbers& d_vector) {
    for (size_t i = 0; i < d.size(); ++i)
        for (size_t k = 0; k < vector.size(); ++k) {
            d_matrix[i * vector.size() + k] += d[i] * vector[k];
            d_vector[k] += d[i] * matrix[i * vector.size() + k];
        }
}

inline void add(const Numbers& values, Numbers& to) {
    for (size_t i = 0; i < to.size(); ++i) to[i] += values[i];
}

// One row, its steps in the order in which they run.
class Row {
public:
    Row(const Sizes& sizes, const Parameters& parameters) : sizes_(sizes), own_(parameters) {}

    // Inputs by step and the start (c empty for cells without); afterwards `h` and `c` hold the state after each step.
    void forward(const std::vector<Numbers>& x, const Numbers& start_h, const Numbers& start_c) {
        x_ = x, start_h_ = start_h, start_c_ = start_c;
        for (size_t s = 0; s < x.size(); ++s) run_step(s);
    }

    // d_h holds by step the outputs' gradients, d_last_* those of the end. Adds to `d`; d_x gets a vector a step;
    // d_last_* become the start's gradients. relu_side: h of every step, whose sign says on which side of its kink a
    // ReLU was; where a sum is nearly zero single precision may find it on the other one.
    void backward(const std::vector<Numbers>& d_h, const std::vector<Numbers>& relu_side, Parameters& d,
                  std::vector<Numbers>& d_x, Numbers& d_last_h, Numbers& d_last_c) {
        d_x.assign(x_.size(), Numbers(sizes_.inputs));
        for (size_t s = x_.size(); s-- > 0;) {
            add(d_h[s], d_last_h);
            step_back(s, relu_side[s], d, d_x[s], d_last_h, d_last_c);
        }
    }

    std::vector<Numbers> h, c;
    double swing = 0.0;  // the gradients of all sums, added up without their signs

private:
    const Numbers& h_before(size_t s) const { return s == 0 ? start_h_ : h[s - 1]; }
    const Numbers& c_before(size_t s) const { return s == 0 ? start_c_ : c[s - 1]; }

    void run_step(size_t s) {
        Numbers wx = own_.input_bias;
        add_product(own_.input.data(), x_[s], wx);
        if (sizes_.multiplicative()) return run_multiplicative(s, wx);
        Numbers uh = own_.state_bias;
        add_product(own_.state.data(), h_before(s), uh);
        Numbers after_h(sizes_.units), after_c(sizes_.units), gates(sizes_.sums()), sums = uh;
        for (size_t j = 0; j < sizes_.units; ++j) run_unit(s, j, wx, uh, gates, after_h, after_c);
        h.push_back(after_h), c.push_back(after_c), gates_.push_back(gates), state_sums_.push_back(sums);
    }

    void run_unit(size_t s, size_t j, const Numbers& wx, const Numbers& uh, Numbers& gates, Numbers& h, Numbers& c) {
        const size_t n = sizes_.units;
        const auto sum = [&](size_t gate) { return wx[gate * n + j] + uh[gate * n + j]; };
        switch (sizes_.cell) {
            case Cell::elman_tanh: h[j] = std::tanh(sum(0)); return;
            case Cell::elman_sigmoid: h[j] = sigmoid(sum(0)); return;
            case Cell::elman_relu: h[j] = sum(0) > 0.0 ? sum(0) : 0.0; return;
            case Cell::lstm: {
                const double i = sigmoid(sum(0)), f = sigmoid(sum(1)), g = std::tanh(sum(2)), o = sigmoid(sum(3));
                c[j] = f * c_before(s)[j] + i * g;
                h[j] = o * std::tanh(c[j]);
                gates[j] = i, gates[n + j] = f, gates[2 * n + j] = g, gates[3 * n + j] = o;
                return;
            }
            default: {
                const double r = sigmoid(sum(0)), z = sigmoid(sum(1)), m = std::tanh(wx[2 * n + j] + r * uh[2 * n + j]);
                h[j] = (1.0 - z) * m + z * h_before(s)[j];
                gates[j] = r, gates[n + j] = z, gates[2 * n + j] = m;
            }
        }
    }

    void run_multiplicative(size_t s, const Numbers& wx) {
        Numbers made(wx.begin(), wx.begin() + static_cast<std::ptrdiff_t>(sizes_.factors)), uh(sizes_.factors);
        add_product(own_.state.data(), h_before(s), uh);
        for (size_t i = 0; i < made.size(); ++i)
            if (sizes_.cell == Cell::mrnn_released) made[i] = std::tanh(made[i] - own_.input_bias[i]) + own_.input_bias[i];
        Numbers factors(sizes_.factors), after(wx.begin() + static_cast<std::ptrdiff_t>(sizes_.factors), wx.end());
        for (size_t i = 0; i < made.size(); ++i) factors[i] = made[i] * uh[i];
        add_product(own_.factor.data(), factors, after);
        for (double& value : after) value = std::tanh(value);
        h.push_back(after), c.emplace_back(), gates_.push_back(made), state_sums_.push_back(uh);
    }

    void step_back(size_t s, const Numbers& relu_side, Parameters& d, Numbers& d_x, Numbers& d_h, Numbers& d_c) {
        if (sizes_.multiplicative()) return multiplicative_back(s, d, d_x, d_h);
        Numbers d_wx(sizes_.sums()), d_uh(sizes_.sums()), d_before(sizes_.units);
        for (size_t j = 0; j < sizes_.units; ++j) unit_back(s, j, relu_side, d_h, d_c, d_wx, d_uh, d_before);
        add_gradients(own_.input.data(), x_[s], d_wx, d.input.data(), d_x);
        add_gradients(own_.state.data(), h_before(s), d_uh, d.state.data(), d_before);
        add(d_wx, d.input_bias), add(d_uh, d.state_bias);
        for (double value : d_uh) swing += std::fabs(value);
        d_h = d_before;
    }

    void unit_back(size_t s, size_t j, const Numbers& relu_side, const Numbers& d_h, Numbers& d_c, Numbers& d_wx,
                   Numbers& d_uh, Numbers& d_before) const {
        const size_t n = sizes_.units;
        const Numbers& gates = gates_[s];
        const double y = h[s][j];
        switch (sizes_.cell) {
            case Cell::elman_tanh: d_wx[j] = d_uh[j] = d_h[j] * tanh_slope(y); return;
            case Cell::elman_sigmoid: d_wx[j] = d_uh[j] = d_h[j] * sigmoid_slope(y); return;
            case Cell::elman_relu: d_wx[j] = d_uh[j] = relu_side[j] > 0.0 ? d_h[j] : 0.0; return;
            case Cell::lstm: {
                const double i = gates[j], f = gates[n + j], g = gates[2 * n + j], o = gates[3 * n + j];
                const double squashed = std::tanh(c[s][j]);
                const double d_cell = d_c[j] + d_h[j] * o * tanh_slope(squashed);
                d_wx[j] = d_cell * g * sigmoid_slope(i);
                d_wx[n + j] = d_cell * c_before(s)[j] * sigmoid_slope(f);
                d_wx[2 * n + j] = d_cell * i * tanh_slope(g);
                d_wx[3 * n + j] = d_h[j] * squashed * sigmoid_slope(o);
                for (size_t gate = 0; gate < 4; ++gate) d_uh[gate * n + j] = d_wx[gate * n + j];
                d_c[j] = d_cell * f;
                return;
            }
            default: {
                const double r = gates[j], z = gates[n + j], m = gates[2 * n + j], u = state_sums_[s][2 * n + j];
                const double d_m = d_h[j] * (1.0 - z) * tanh_slope(m);
                d_wx[j] = d_uh[j] = d_m * u * sigmoid_slope(r);
                d_wx[n + j] = d_uh[n + j] = d_h[j] * (h_before(s)[j] - m) * sigmoid_slope(z);
                d_wx[2 * n + j] = d_m;
                d_uh[2 * n + j] = d_m * r;
                d_before[j] = d_h[j] * z;
            }
        }
    }

    void multiplicative_back(size_t s, Parameters& d, Numbers& d_x, Numbers& d_h) {
        const size_t count = sizes_.factors;
        const Numbers &made = gates_[s], &uh = state_sums_[s];
        Numbers d_after(sizes_.units), factors(count), d_factors(count), d_uh(count), d_before(sizes_.units);
        for (size_t j = 0; j < sizes_.units; ++j) d_after[j] = d_h[j] * tanh_slope(h[s][j]);
        for (size_t i = 0; i < count; ++i) factors[i] = made[i] * uh[i];
        add_gradients(own_.factor.data(), factors, d_after, d.factor.data(), d_factors);
        Numbers d_wx(sizes_.sums());
        for (size_t i = 0; i < count; ++i) {
            const double d_made = d_factors[i] * uh[i], squashed = made[i] - own_.input_bias[i];
            d_uh[i] = d_factors[i] * made[i];
            d.input_bias[i] += d_made;
            d_wx[i] = sizes_.cell == Cell::mrnn_released ? d_made * tanh_slope(squashed) : d_made;
        }
        for (size_t j = 0; j < sizes_.units; ++j) d_wx[count + j] = d_after[j], d.input_bias[count + j] += d_after[j];
        for (double value : d_wx) swing += std::fabs(value);
        add_gradients(own_.input.data(), x_[s], d_wx, d.input.data(), d_x);
        add_gradients(own_.state.data(), h_before(s), d_uh, d.state.data(), d_before);
        d_h = d_before;
    }

    const Sizes sizes_;
    const Parameters& own_;
    std::vector<Numbers> x_;
    Numbers start_h_, start_c_;
    std::vector<Numbers> gates_, state_sums_;  // multiplicative cells: what multiplies the state's factors; those
};

}  // namespace reference
}  // namespace weft
