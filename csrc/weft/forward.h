// A layer forward over time, for the cells with one product a step.
//
// Each member of the team owns some units: it packs their weights, computes their input sums a few steps ahead, and at
// each step multiplies the whole last h with its share. Members only meet once a step.
#pragma once

#include "cells.h"
#include "inputs.h"
#include "kept.h"
#include "team.h"
#include "tile.h"

namespace weft {
namespace WEFT_ISA {

// Tokens whose input sums are computed at once: enough to use each weight often, few enough to stay in the cache.
constexpr int kAhead = 96;

// Unit vectors of a panel, so that with all its gates it is at most 4 vectors wide.
template <class C>
constexpr int panel_units() {
    return C::gates == 1 ? 4 : 1;
}

template <class C>
class Forward {
public:
    Forward(const Layer& layer, const Batch& batch, const Input& input, State<const float> start,
            Vectors<float> outputs, State<float> end, float* kept, int threads)
        : threads_(threads), layer_(layer), start_(start), outputs_(outputs), end_(end), schedule_(batch),
          inputs_(input, schedule_, layer.inputs), shape_{layer.units, C::gates},
          panels_(shape_.unit_vectors(), panel_units<C>()), width_(shape_.unit_vectors() * W),
          input_weights_(static_cast<int64_t>(layer.inputs) * shape_.width()),
          state_weights_(static_cast<int64_t>(layer.units) * shape_.width()), input_bias_(shape_.width()),
          state_bias_(shape_.width()), start_h_(static_cast<int64_t>(batch.rows) * width_),
          last_h_(kept == nullptr ? 2 * static_cast<int64_t>(batch.rows) * width_ : 0),
          cell_(C::has_cell ? static_cast<int64_t>(batch.rows) * width_ : 0),
          capacity_(kAhead + batch.rows), ahead_(inputs_.by_symbol ? 0 : int64_t{capacity_} * shape_.width()),
          sums_(int64_t{threads} * batch.rows * 4 * W), before_(int64_t{threads} * batch.rows),
          symbol_sums_(inputs_.by_symbol ? inputs_.count() * shape_.width() : 0), h_{kept, width_},
          kept_(kept == nullptr ? nullptr : kept + h_.size(schedule_.tokens)) {}

    void run() {
        in_team(threads_, [this](int member, Team& team) { run_share(member, team); });
    }

private:
    void run_share(int member, Team& team) {
        const Share own = share_of(panels_.count(), member, team.size());
        prepare(own, member);
        team.meet();
        float* sums = sums_ + int64_t{member} * schedule_.rows * 4 * W;
        const float** before = before_ + int64_t{member} * schedule_.rows;
        int s = 0;
        while (s < schedule_.steps) {
            const int first = s;
            while (s < schedule_.steps && schedule_.offset(s + 1) - schedule_.offset(first) <= capacity_) ++s;
            if (!inputs_.by_symbol) look_ahead(own, first, s);
            for (int step = first; step < s; ++step) {
                run_step(own, step, schedule_.offset(first), sums, before);
                team.meet();
            }
        }
        finish(own);
    }

    // Weights and the start of the units owned; the biases, few as they are, are the first member's.
    void prepare(Share own, int member) {
        for (int p = own.begin; p < own.end; ++p) {
            pack_gates(shape_, panels_, p, layer_.weights.input, layer_.inputs, panel_of(input_weights_, p, layer_.inputs));
            pack_gates(shape_, panels_, p, layer_.weights.state, layer_.units, panel_of(state_weights_, p, layer_.units));
        }
        if (member == 0) {
            pack_bias(shape_, layer_.weights.input_bias, input_bias_);
            pack_bias(shape_, layer_.weights.state_bias, state_bias_);
        }
        const int begin = panels_.begin(own.begin), end = panels_.begin(own.end);
        take_state(start_.h, schedule_, layer_.units, begin, end, start_h_);
        if (C::has_cell) take_state(start_.cell, schedule_, layer_.units, begin, end, cell_);
        for (int p = own.begin; inputs_.by_symbol && p < own.end; ++p)
            product(panels_.width(p) * C::gates, static_cast<int>(inputs_.count()), inputs_.rows(), layer_.inputs,
                    panel_of(input_weights_, p, layer_.inputs), panel_of(symbol_sums_, p, inputs_.count()),
                    panels_.width(p) * C::gates * W);
    }

    // The input sums of the steps [first, end), a panel after the other.
    void look_ahead(Share own, int first, int end) {
        const int64_t token = schedule_.offset(first);
        const int count = static_cast<int>(schedule_.offset(end) - token);
        for (int p = own.begin; p < own.end; ++p)
            product(panels_.width(p) * C::gates, count, inputs_.rows() + token, layer_.inputs,
                    panel_of(input_weights_, p, layer_.inputs), panel_of(ahead_, p, capacity_),
                    panels_.width(p) * C::gates * W);
    }

    void run_step(Share own, int s, int64_t first_token, float* sums, const float** before) {
        const int rows = schedule_.active(s);
        point_last(s, before);
        for (int p = own.begin; p < own.end; ++p) {
            const int width = panels_.width(p) * C::gates * W;
            product(panels_.width(p) * C::gates, rows, before, layer_.units, panel_of(state_weights_, p, layer_.units),
                    sums, width);
            if (inputs_.by_symbol) {
                const float* table = panel_of(symbol_sums_, p, inputs_.count());
                const int* slot = inputs_.slots(schedule_.offset(s));
                for (int r = 0; r < rows; ++r)
                    run_units(p, s, r, table + static_cast<int64_t>(slot[r]) * width, sums + r * width, before[r]);
            } else {
                const float* x = panel_of(ahead_, p, capacity_) + (schedule_.offset(s) - first_token) * width;
                for (int r = 0; r < rows; ++r) run_units(p, s, r, x + r * width, sums + r * width, before[r]);
            }
        }
    }

    // One row's step in the units of a panel.
    void run_units(int p, int s, int r, const float* x, const float* u, const float* before) {
        const int64_t token = schedule_.offset(s) + r;
        float* after = h_.data != nullptr ? h_.at(token) : last(s) + static_cast<int64_t>(r) * width_;
        float* output = outputs_.data + schedule_.row(r) * outputs_.row_stride + schedule_.time(r, s) * outputs_.step_stride;
        float* cell = cell_ + static_cast<int64_t>(r) * width_;
        for (int v = panels_.begin(p); v < panels_.begin(p + 1); ++v, x += C::gates * W, u += C::gates * W) {
            Floats xs[C::gates], us[C::gates], keep[C::kept + 1];
            for (int g = 0; g < C::gates; ++g) {
                xs[g] = load(x + g * W) + load(input_bias_ + (v * C::gates + g) * W);
                us[g] = load(u + g * W) + load(state_bias_ + (v * C::gates + g) * W);
            }
            Step step{load(before + v * W), C::has_cell ? load(cell + v * W) : Floats{}};
            C::forward(xs, us, step, keep);
            if (C::has_cell) store(cell + v * W, step.cell);
            store(after + v * W, step.h);
            if ((v + 1) * W <= layer_.units)
                store(output + v * W, step.h);
            else
                store_some(output + v * W, step.h, layer_.units - v * W);
            if (kept_ == nullptr) continue;
            float* to = kept_ + (token * shape_.unit_vectors() + v) * C::kept * W;
            for (int k = 0; k < C::kept; ++k) store(to + k * W, keep[k]);
        }
    }

    void finish(Share own) {
        const int begin = panels_.begin(own.begin), end = panels_.begin(own.end);
        for (int r = 0; r < schedule_.rows; ++r) {
            const int s = schedule_.length(r) - 1;
            const float* from = h_.data != nullptr ? h_.at(schedule_.offset(s) + r) : last(s) + static_cast<int64_t>(r) * width_;
            give_row(from, schedule_, r, layer_.units, begin, end, end_.h);
        }
        if (C::has_cell) give_state(cell_, schedule_, layer_.units, begin, end, end_.cell);
        clear_padding(schedule_, outputs_, begin * W, end * W < layer_.units ? end * W : layer_.units);
    }

    void point_last(int s, const float** rows) const {
        if (h_.data != nullptr || s == 0) return point_before(schedule_, s, start_h_, h_, rows);
        for (int r = 0; r < schedule_.active(s); ++r) rows[r] = last(s - 1) + static_cast<int64_t>(r) * width_;
    }
    // Where nothing is kept, two steps' h take turns.
    float* last(int s) const { return last_h_ + (s % 2) * static_cast<int64_t>(schedule_.rows) * width_; }

    float* panel_of(float* packed, int p, int64_t rows) const {
        return packed + rows * panels_.begin(p) * C::gates * W;
    }

    const int threads_;
    const Layer& layer_;
    const State<const float> start_;
    const Vectors<float> outputs_;
    const State<float> end_;
    const Schedule schedule_;
    const Inputs inputs_;
    const Gates shape_;
    const Panels panels_;
    const int width_;  // units padded to whole vectors
    const Block<float> input_weights_, state_weights_, input_bias_, state_bias_;
    const Block<float> start_h_, last_h_, cell_;
    const int capacity_;                // tokens in ahead_
    const Block<float> ahead_, sums_;   // input sums of the next steps; each member's state sums at a step
    const Block<const float*> before_;  // each member's list of rows
    const Block<float> symbol_sums_;  // with a table: the input sums of its distinct symbols
    const KeptH h_;
    float* const kept_;
};

}  // namespace WEFT_ISA
}  // namespace weft
