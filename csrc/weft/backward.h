// A layer backward over time, for the cells with one product a step: first the gradients of all sums, step by step from
// the end, then everything that is a large product over all tokens.
#pragma once

#include "cells.h"
#include "input_gradient.h"
#include "kept.h"
#include "outer.h"
#include "transposed.h"

namespace weft {
namespace WEFT_ISA {

template <class C>
class Backward {
public:
    Backward(const Layer& layer, const Batch& batch, const Input& input, State<const float> start, const float* kept,
             const Gradients& gradients, int threads)
        : threads_(threads), layer_(layer), input_(input), start_(start), gradients_(gradients), schedule_(batch),
          inputs_(input, schedule_, layer.inputs), shape_{layer.units, C::gates}, panels_(shape_.unit_vectors(), 4),
          width_(shape_.unit_vectors() * W), h_{const_cast<float*>(kept), width_}, kept_(kept + h_.size(schedule_.tokens)),
          state_weights_(static_cast<int64_t>(shape_.width()) * width_), start_h_(int64_t{batch.rows} * width_),
          start_cell_(C::has_cell ? int64_t{batch.rows} * width_ : 0), d_h_(int64_t{batch.rows} * width_),
          d_cell_(C::has_cell ? int64_t{batch.rows} * width_ : 0), d_x_(schedule_.tokens * shape_.width()),
          d_u_(C::two_sums ? schedule_.tokens * shape_.width() : 0),
          d_symbols_(inputs_.by_symbol ? inputs_.count() * shape_.width() : 0), before_(schedule_.tokens),
          rows_(int64_t{threads} * batch.rows),
          to_input_(schedule_, inputs_, gradients, layer.inputs),
          input_product_(shape_, InputGradient::wanted(gradients, inputs_) ? layer.weights.input : nullptr, layer.inputs),
          input_outer_(shape_, inputs_.count(), inputs_.by_symbol ? d_symbols_ : d_x_, apart() ? input_target() : OuterTarget{},
                       {}, apart() ? gradients.weights.input_bias : nullptr, nullptr),
          state_outer_(shape_, schedule_.tokens, d_u(), {before_, layer.units, gradients.weights.state},
                       apart() ? OuterTarget{} : input_target(), apart() ? nullptr : gradients.weights.input_bias,
                       gradients.weights.state_bias) {
        for (int s = 0; s < schedule_.steps; ++s)
            point_before(schedule_, s, start_h_, h_, before_ + schedule_.offset(s));
    }

    void run() {
        in_team(threads_, [this](int member, Team& team) { run_share(member, team); });
    }

private:
    void run_share(int member, Team& team) {
        const Share own = share_of(panels_.count(), member, team.size());
        const int begin = panels_.begin(own.begin), end = panels_.begin(own.end);
        prepare(own);
        const float** rows = rows_ + int64_t{member} * schedule_.rows;
        for (int s = schedule_.steps - 1; s >= 0; --s) {
            for (int r = 0; r < schedule_.active(s); ++r) run_units(s, r, begin, end);
            team.meet();
            multiply(own, s, rows);
        }
        give_state(d_h_, schedule_, layer_.units, begin, end, gradients_.start.h);
        if (C::has_cell) give_state(d_cell_, schedule_, layer_.units, begin, end, gradients_.start.cell);
        team.meet();
        run_products(member, team);
    }

    void prepare(Share own) {
        const int begin = panels_.begin(own.begin), end = panels_.begin(own.end);
        for (int p = own.begin; p < own.end; ++p)
            pack_transposed(shape_, panels_, p, layer_.weights.state, layer_.units, state_panel(p));
        take_state(start_.h, schedule_, layer_.units, begin, end, start_h_);
        take_state(gradients_.end.h, schedule_, layer_.units, begin, end, d_h_);
        if (!C::has_cell) return;
        take_state(start_.cell, schedule_, layer_.units, begin, end, start_cell_);
        take_state(gradients_.end.cell, schedule_, layer_.units, begin, end, d_cell_);
    }

    // The gradients of one token's sums in the unit vectors [begin, end).
    void run_units(int s, int r, int begin, int end) {
        const int64_t token = schedule_.offset(s) + r;
        const float* before = before_[token];
        const float* cell_before = C::has_cell ? cell_of(s, r) : nullptr;
        const int cell_stride = s == 0 ? W : C::kept * W;
        const Vectors<const float>& out = gradients_.outputs;
        const float* d_output = out.data == nullptr ? nullptr
                                                    : out.data + schedule_.row(r) * out.row_stride +
                                                          schedule_.time(r, s) * out.step_stride;
        float* d_h = d_h_ + int64_t{r} * width_;
        float* d_cell = d_cell_ + int64_t{r} * width_;
        for (int v = begin; v < end; ++v) {
            Floats keep[C::kept + 1], dx[C::gates], du[C::gates];
            const float* kept = kept_ + (token * shape_.unit_vectors() + v) * C::kept * W;
            for (int k = 0; k < C::kept; ++k) keep[k] = load(kept + k * W);
            StepGradient d{load(d_h + v * W), C::has_cell ? load(d_cell + v * W) : Floats{}};
            if (d_output != nullptr)
                d.h += (v + 1) * W <= layer_.units ? load(d_output + v * W)
                                                   : load_some(d_output + v * W, layer_.units - v * W);
            const Step step{load(before + v * W), C::has_cell ? load(cell_before + v * cell_stride) : Floats{}};
            C::backward(keep, step, load(h_.at(token) + v * W), d, dx, du);
            if (C::passes) store(d_h + v * W, d.h);
            if (C::has_cell) store(d_cell + v * W, d.cell);
            const int64_t place = token * shape_.width() + v * C::gates * W;
            for (int g = 0; g < C::gates; ++g) store(d_x_ + place + g * W, dx[g]);
            for (int g = 0; C::two_sums && g < C::gates; ++g) store(d_u_ + place + g * W, du[g]);
        }
    }

    // The cell's state before a token: its start, or the last vector kept of the token before.
    const float* cell_of(int s, int r) const {
        if (s == 0) return start_cell_ + int64_t{r} * width_;
        const int64_t token = schedule_.offset(s - 1) + r;
        return kept_ + token * shape_.unit_vectors() * C::kept * W + (C::kept - 1) * W;
    }

    // h's gradient before step s, in the units owned.
    void multiply(Share own, int s, const float** rows) {
        const int count = schedule_.active(s);
        for (int r = 0; r < count; ++r) rows[r] = d_u() + (schedule_.offset(s) + r) * shape_.width();
        for (int p = own.begin; p < own.end; ++p)
            product(panels_.width(p), count, rows, shape_.width(), state_panel(p), d_h_ + panels_.begin(p) * W, width_,
                    !C::passes);
    }

    void run_products(int member, Team& team) {
        const float* d_input = d_x_;
        if (inputs_.by_symbol) {
            const Share columns = share_of(shape_.width() / W, member, team.size());
            add_by_symbol(schedule_, inputs_, d_x_, shape_.width(), columns, d_symbols_);
            team.meet();
            d_input = d_symbols_;
        }
        if (InputGradient::wanted(gradients_, inputs_))
            input_product_.run(member, team, inputs_.count(), d_input, to_input_);
        if (!inputs_.by_symbol && gradients_.input.data != nullptr) {
            const Share columns = share_of(layer_.inputs, member, team.size());
            clear_padding(schedule_, gradients_.input, columns.begin, columns.end);
        }
        input_outer_.run(member, team);
        state_outer_.run(member, team);
    }

    // Whether the input's weights and the state's have different gradients or values to sum over.
    bool apart() const { return C::two_sums || inputs_.by_symbol; }
    OuterTarget input_target() const { return {inputs_.rows(), layer_.inputs, gradients_.weights.input}; }

    const float* d_u() const { return C::two_sums ? d_u_ : d_x_; }
    float* state_panel(int p) const { return state_weights_ + static_cast<int64_t>(shape_.width()) * panels_.begin(p) * W; }

    const int threads_;
    const Layer& layer_;
    const Input& input_;
    const State<const float> start_;
    const Gradients& gradients_;
    const Schedule schedule_;
    const Inputs inputs_;
    const Gates shape_;
    const Panels panels_;
    const int width_;  // units padded to whole vectors
    const KeptH h_;
    const float* const kept_;
    const Block<float> state_weights_, start_h_, start_cell_;
    const Block<float> d_h_, d_cell_;      // of the state, at the step reached
    const Block<float> d_x_, d_u_;         // of the input's sums, and of the state's where they differ
    const Block<float> d_symbols_;         // with a table: d_x of all tokens with the same symbol
    const Block<const float*> before_, rows_;  // h before each token; each member's list of rows
    const InputGradient to_input_;
    const Transposed input_product_;
    const Outer input_outer_, state_outer_;
};

}  // namespace WEFT_ISA
}  // namespace weft
