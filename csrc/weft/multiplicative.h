// The multiplicative RNN over time (I. Sutskever, J. Martens, G. Hinton 2011): two products a step, first to the factors
// and from them to the units, so that the team meets twice a step.
//
// Kept for the way back, after every token's h: the factors f, what the input made of them (after the squashing of the
// released form, before its bias), and the state's sums.
#pragma once

#include "cells.h"
#include "input_gradient.h"
#include "inputs.h"
#include "kept.h"
#include "outer.h"
#include "team.h"
#include "tile.h"
#include "transposed.h"

namespace weft {
namespace WEFT_ISA {

constexpr int kFactorVectors = 3;  // kept a token and vector of factors

// The shapes of the factors' and of the units' sums.
struct Halves {
    Gates factors, units;
};

// Where the units' rows begin in a matrix of both with so many columns; null stays null.
template <class Number>
inline Number* units_part(const Layer& layer, Number* both, int columns) {
    return both == nullptr ? nullptr : both + static_cast<int64_t>(layer.factors) * columns;
}

inline Halves halves_of(const Layer& layer) { return {{layer.factors, 1}, {layer.units, 1}}; }

// A product's weights, packed panel by panel, and its sums for many rows.
class Projection {
public:
    Projection(const Gates& shape, int inputs)
        : panels(shape.unit_vectors(), 4), shape_(shape), inputs_(inputs),
          packed_(static_cast<int64_t>(inputs) * shape.width()) {}

    void pack(Share own, const float* weight) const {
        for (int p = own.begin; p < own.end; ++p) pack_gates(shape_, panels, p, weight, inputs_, panel(p));
    }
    // Sums [count, width of shape], the columns of the panels owned.
    void run(Share own, int64_t count, const float* const* rows, float* sums) const {
        for (int p = own.begin; p < own.end; ++p)
            product(panels.width(p), static_cast<int>(count), rows, inputs_, panel(p), sums + panels.begin(p) * W,
                    shape_.width());
    }

    const Panels panels;

private:
    float* panel(int p) const { return packed_ + static_cast<int64_t>(inputs_) * panels.begin(p) * W; }

    const Gates shape_;
    const int inputs_;
    const Block<float> packed_;
};

class MultiplicativeForward {
public:
    MultiplicativeForward(const Layer& layer, const Batch& batch, const Input& input, State<const float> start,
                          Vectors<float> outputs, State<float> end, float* kept, int threads)
        : threads_(threads), layer_(layer), start_(start), outputs_(outputs), end_(end), schedule_(batch),
          inputs_(input, schedule_, layer.inputs), shapes_(halves_of(layer)), factors_(shapes_.factors.width()),
          width_(shapes_.units.width()), input_factors_(shapes_.factors, layer.inputs),
          input_units_(shapes_.units, layer.inputs), to_factors_(shapes_.factors, layer.units),
          to_units_(shapes_.units, layer.factors), factor_bias_(factors_), unit_bias_(width_),
          factor_sums_(inputs_.count() * factors_), unit_sums_(inputs_.count() * width_),
          start_h_(int64_t{batch.rows} * width_), sums_(int64_t{batch.rows} * (factors_ > width_ ? factors_ : width_)),
          rows_(int64_t{threads} * batch.rows),
          own_(kept == nullptr ? schedule_.tokens * (width_ + kFactorVectors * factors_) : 0),
          h_{kept == nullptr ? own_ : kept, width_}, kept_(h_.data + h_.size(schedule_.tokens)) {}

    void run() {
        in_team(threads_, [this](int member, Team& team) { run_share(member, team); });
    }

private:
    void run_share(int member, Team& team) {
        const Share factors = share_of(to_factors_.panels.count(), member, team.size());
        const Share units = share_of(to_units_.panels.count(), member, team.size());
        prepare(factors, units, member);
        team.meet();
        const float** rows = rows_ + int64_t{member} * schedule_.rows;
        for (int s = 0; s < schedule_.steps; ++s) {
            run_factors(factors, s, rows);
            team.meet();
            run_units(units, s, rows);
            team.meet();
        }
        finish(units);
    }

    void prepare(Share factors, Share units, int member) {
        input_factors_.pack(factors, layer_.weights.input);
        input_units_.pack(units, units_part(layer_, layer_.weights.input, layer_.inputs));
        to_factors_.pack(factors, layer_.weights.state);
        to_units_.pack(units, layer_.weights.factor);
        if (member == 0) pack_bias(shapes_.factors, layer_.weights.input_bias, factor_bias_);
        if (member == 0) pack_bias(shapes_.units, units_part(layer_, layer_.weights.input_bias, 1), unit_bias_);
        const Panels& panels = to_units_.panels;
        take_state(start_.h, schedule_, layer_.units, panels.begin(units.begin), panels.begin(units.end), start_h_);
        input_factors_.run(factors, inputs_.count(), inputs_.rows(), factor_sums_);
        input_units_.run(units, inputs_.count(), inputs_.rows(), unit_sums_);
    }

    void run_factors(Share own, int s, const float** rows) {
        point_before(schedule_, s, start_h_, h_, rows);
        to_factors_.run(own, schedule_.active(s), rows, sums_);
        const bool released = layer_.cell == Cell::mrnn_released;
        for (int r = 0; r < schedule_.active(s); ++r) {
            const float* x = factor_sums_ + place(s, r) * factors_;
            float* keep = factors_of(s, r);
            for (int v = to_factors_.panels.begin(own.begin); v < to_factors_.panels.begin(own.end); ++v) {
                const Floats sum = load(x + v * W), bias = load(factor_bias_ + v * W);
                const Floats u = load(sums_ + int64_t{r} * factors_ + v * W), made = released ? tanh(sum) : sum;
                store(keep + v * W, (made + bias) * u);
                store(keep + factors_ + v * W, made);
                store(keep + 2 * factors_ + v * W, u);
            }
        }
    }

    void run_units(Share own, int s, const float** rows) {
        for (int r = 0; r < schedule_.active(s); ++r) rows[r] = factors_of(s, r);
        to_units_.run(own, schedule_.active(s), rows, sums_);
        for (int r = 0; r < schedule_.active(s); ++r) {
            const float* x = unit_sums_ + place(s, r) * width_;
            float* output = outputs_.data + schedule_.row(r) * outputs_.row_stride +
                            schedule_.time(r, s) * outputs_.step_stride;
            for (int v = to_units_.panels.begin(own.begin); v < to_units_.panels.begin(own.end); ++v) {
                const Floats u = load(sums_ + int64_t{r} * width_ + v * W);
                const Floats h = tanh(load(x + v * W) + load(unit_bias_ + v * W) + u);
                store(h_.at(schedule_.offset(s) + r) + v * W, h);
                store_some(output + v * W, h, layer_.units - v * W);
            }
        }
    }

    void finish(Share units) {
        const int begin = to_units_.panels.begin(units.begin), end = to_units_.panels.begin(units.end);
        for (int r = 0; r < schedule_.rows; ++r) {
            const float* from = h_.at(schedule_.offset(schedule_.length(r) - 1) + r);
            give_row(from, schedule_, r, layer_.units, begin, end, end_.h);
        }
        clear_padding(schedule_, outputs_, begin * W, end * W < layer_.units ? end * W : layer_.units);
    }

    int64_t place(int s, int r) const {
        const int64_t token = schedule_.offset(s) + r;
        return inputs_.by_symbol ? *inputs_.slots(token) : token;
    }
    float* factors_of(int s, int r) const { return kept_ + (schedule_.offset(s) + r) * kFactorVectors * factors_; }

    const int threads_;
    const Layer& layer_;
    const State<const float> start_;
    const Vectors<float> outputs_;
    const State<float> end_;
    const Schedule schedule_;
    const Inputs inputs_;
    const Halves shapes_;
    const int factors_, width_;  // factors and units, padded to whole vectors
    const Projection input_factors_, input_units_, to_factors_, to_units_;
    const Block<float> factor_bias_, unit_bias_, factor_sums_, unit_sums_, start_h_, sums_;
    const Block<const float*> rows_;  // each member's list
    const Block<float> own_;          // in place of what is kept, when nothing is
    const KeptH h_;
    float* const kept_;
};

class MultiplicativeBackward {
public:
    MultiplicativeBackward(const Layer& layer, const Batch& batch, const Input& input, State<const float> start,
                           const float* kept, const Gradients& gradients, int threads)
        : threads_(threads), layer_(layer), start_(start), gradients_(gradients), schedule_(batch), inputs_(input, schedule_, layer.inputs),
          shapes_(halves_of(layer)), factors_(shapes_.factors.width()), width_(shapes_.units.width()),
          h_{const_cast<float*>(kept), width_}, kept_(kept + h_.size(schedule_.tokens)),
          factor_panels_(shapes_.factors.unit_vectors(), 4), unit_panels_(shapes_.units.unit_vectors(), 4),
          factor_weights_(static_cast<int64_t>(width_) * factors_), state_weights_(static_cast<int64_t>(factors_) * width_),
          start_h_(int64_t{batch.rows} * width_), d_h_(int64_t{batch.rows} * width_),
          d_f_(int64_t{batch.rows} * factors_), d_units_(schedule_.tokens * width_), d_state_(schedule_.tokens * factors_),
          d_bias_(schedule_.tokens * factors_), d_made_(schedule_.tokens * factors_),
          d_symbol_units_(inputs_.by_symbol ? inputs_.count() * width_ : 0),
          d_symbol_factors_(inputs_.by_symbol ? inputs_.count() * factors_ : 0), before_(schedule_.tokens),
          rows_(int64_t{threads} * batch.rows),
          factors_kept_(schedule_.tokens), to_input_(schedule_, inputs_, gradients, layer.inputs),
          factor_product_(shapes_.factors, input_weight(layer.weights.input), layer.inputs),
          unit_product_(shapes_.units, units_part(layer, input_weight(layer.weights.input), layer.inputs),
                        layer.inputs),
          input_factors_(shapes_.factors, inputs_.count(), inputs_.by_symbol ? d_symbol_factors_ : d_made_,
                         {inputs_.rows(), layer.inputs, gradients.weights.input}, {}, nullptr, nullptr),
          input_units_(shapes_.units, inputs_.count(), inputs_.by_symbol ? d_symbol_units_ : d_units_,
                       {inputs_.rows(), layer.inputs, units_part(layer, gradients.weights.input, layer.inputs)}, {},
                       nullptr, nullptr),
          units_outer_(shapes_.units, schedule_.tokens, d_units_, {factors_kept_, layer.factors, gradients.weights.factor},
                       {}, units_part(layer, gradients.weights.input_bias, 1), nullptr),
          bias_sum_(shapes_.factors, schedule_.tokens, d_bias_, {}, {}, gradients.weights.input_bias, nullptr),
          state_outer_(shapes_.factors, schedule_.tokens, d_state_, {before_, layer.units, gradients.weights.state}, {},
                       nullptr, nullptr) {
        for (int s = 0; s < schedule_.steps; ++s)
            point_before(schedule_, s, start_h_, h_, before_ + schedule_.offset(s));
        for (int64_t token = 0; token < schedule_.tokens; ++token)
            factors_kept_[token] = kept_ + token * kFactorVectors * factors_;
    }

    void run() {
        in_team(threads_, [this](int member, Team& team) { run_share(member, team); });
    }

private:
    void run_share(int member, Team& team) {
        const Share factors = share_of(factor_panels_.count(), member, team.size());
        const Share units = share_of(unit_panels_.count(), member, team.size());
        prepare(factors, units);
        const float** rows = rows_ + int64_t{member} * schedule_.rows;
        for (int s = schedule_.steps - 1; s >= 0; --s) {
            run_units(units, s);
            team.meet();
            run_factors(factors, s, rows);
            team.meet();
            multiply(units, s, rows);
        }
        give_state(d_h_, schedule_, layer_.units, unit_panels_.begin(units.begin), unit_panels_.begin(units.end),
                   gradients_.start.h);
        team.meet();
        run_products(member, team);
    }

    void prepare(Share factors, Share units) {
        for (int p = factors.begin; p < factors.end; ++p)
            pack_transposed(shapes_.units, factor_panels_, p, layer_.weights.factor, layer_.factors, factor_panel(p));
        for (int p = units.begin; p < units.end; ++p)
            pack_transposed(shapes_.factors, unit_panels_, p, layer_.weights.state, layer_.units, state_panel(p));
        const int begin = unit_panels_.begin(units.begin), end = unit_panels_.begin(units.end);
        take_state(start_.h, schedule_, layer_.units, begin, end, start_h_);
        take_state(gradients_.end.h, schedule_, layer_.units, begin, end, d_h_);
    }

    // Through the tanh of the units owned.
    void run_units(Share own, int s) {
        const Vectors<const float>& out = gradients_.outputs;
        for (int r = 0; r < schedule_.active(s); ++r) {
            const int64_t token = schedule_.offset(s) + r;
            const float* d_output = out.data == nullptr ? nullptr
                                                        : out.data + schedule_.row(r) * out.row_stride +
                                                              schedule_.time(r, s) * out.step_stride;
            for (int v = unit_panels_.begin(own.begin); v < unit_panels_.begin(own.end); ++v) {
                Floats d = load(d_h_ + int64_t{r} * width_ + v * W);
                if (d_output != nullptr) d += load_some(d_output + v * W, layer_.units - v * W);
                store(d_units_ + token * width_ + v * W, d * Tanh::slope(load(h_.at(token) + v * W)));
            }
        }
    }

    // Back to the factors owned, and through their product.
    void run_factors(Share own, int s, const float** rows) {
        const int count = schedule_.active(s);
        for (int r = 0; r < count; ++r) rows[r] = d_units_ + (schedule_.offset(s) + r) * width_;
        for (int p = own.begin; p < own.end; ++p)
            product(factor_panels_.width(p), count, rows, width_, factor_panel(p), d_f_ + factor_panels_.begin(p) * W,
                    factors_);
        const bool released = layer_.cell == Cell::mrnn_released;
        const float* bias = layer_.weights.input_bias;
        for (int r = 0; r < count; ++r) {
            const int64_t token = schedule_.offset(s) + r;
            const float* keep = factors_kept_[token];
            for (int v = factor_panels_.begin(own.begin); v < factor_panels_.begin(own.end); ++v) {
                const Floats d = load(d_f_ + int64_t{r} * factors_ + v * W), made = load(keep + factors_ + v * W);
                const Floats shift = bias == nullptr ? Floats{} : load_some(bias + v * W, layer_.factors - v * W);
                const Floats d_bias = d * load(keep + 2 * factors_ + v * W);
                const int64_t place = token * factors_ + v * W;
                store(d_state_ + place, d * (made + shift));
                store(d_bias_ + place, d_bias);
                store(d_made_ + place, released ? d_bias * Tanh::slope(made) : d_bias);
            }
        }
    }

    // h's gradient before step s, in the units owned.
    void multiply(Share own, int s, const float** rows) {
        const int count = schedule_.active(s);
        for (int r = 0; r < count; ++r) rows[r] = d_state_ + (schedule_.offset(s) + r) * factors_;
        for (int p = own.begin; p < own.end; ++p)
            product(unit_panels_.width(p), count, rows, factors_, state_panel(p), d_h_ + unit_panels_.begin(p) * W, width_);
    }

    void run_products(int member, Team& team) {
        const float *d_factors = d_made_, *d_units = d_units_;
        if (inputs_.by_symbol) {
            add_by_symbol(schedule_, inputs_, d_made_, factors_, share_of(factors_ / W, member, team.size()),
                          d_symbol_factors_);
            add_by_symbol(schedule_, inputs_, d_units_, width_, share_of(width_ / W, member, team.size()), d_symbol_units_);
            team.meet();
            d_factors = d_symbol_factors_, d_units = d_symbol_units_;
        }
        if (InputGradient::wanted(gradients_, inputs_)) {
            factor_product_.run(member, team, inputs_.count(), d_factors, to_input_);
            team.meet();
            unit_product_.run(member, team, inputs_.count(), d_units, to_input_, true);
        }
        if (!inputs_.by_symbol && gradients_.input.data != nullptr) {
            const Share columns = share_of(layer_.inputs, member, team.size());
            clear_padding(schedule_, gradients_.input, columns.begin, columns.end);
        }
        input_factors_.run(member, team);
        input_units_.run(member, team);
        units_outer_.run(member, team);
        bias_sum_.run(member, team);
        state_outer_.run(member, team);
    }

    const float* input_weight(const float* weight) const {
        return InputGradient::wanted(gradients_, inputs_) ? weight : nullptr;
    }
    float* factor_panel(int p) const { return factor_weights_ + static_cast<int64_t>(width_) * factor_panels_.begin(p) * W; }
    float* state_panel(int p) const { return state_weights_ + static_cast<int64_t>(factors_) * unit_panels_.begin(p) * W; }

    const int threads_;
    const Layer& layer_;
    const State<const float> start_;
    const Gradients& gradients_;
    const Schedule schedule_;
    const Inputs inputs_;
    const Halves shapes_;
    const int factors_, width_;  // factors and units, padded to whole vectors
    const KeptH h_;
    const float* const kept_;
    const Panels factor_panels_, unit_panels_;
    const Block<float> factor_weights_, state_weights_, start_h_;
    const Block<float> d_h_, d_f_;  // at the step reached
    // Of every token: the units' sums, the state's sums, the factors' bias, and what the input made of the factors.
    const Block<float> d_units_, d_state_, d_bias_, d_made_;
    const Block<float> d_symbol_units_, d_symbol_factors_;
    const Block<const float*> before_, rows_, factors_kept_;  // h before each token; each member's list; factors
    const InputGradient to_input_;
    const Transposed factor_product_, unit_product_;
    const Outer input_factors_, input_units_, units_outer_, bias_sum_, state_outer_;
};

}  // namespace WEFT_ISA
}  // namespace weft
