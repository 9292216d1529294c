// Linear recurrences over time: one pass along every row, a vector of units at a time, forward and backward.
#pragma once

#include "block.h"
#include "linear.h"
#include "minimal_gates.h"
#include "queue.h"
#include "team.h"

namespace weft {
namespace WEFT_ISA {

// Rows of different lengths, and the pieces that members of a team take: a row with all its units, or where there are
// fewer rows than members, some of them. Units do not see each other, so that nothing depends on who takes what.
class Rows {
public:
    Rows(const Batch& batch, int units, int threads) : batch_(batch), units_(units), begin_(batch.rows + 1) {
        begin_[0] = 0;
        for (int row = 0; row < batch.rows; ++row) begin_[row + 1] = begin_[row] + length(row);
        const int64_t work = begin_[batch.rows] * units;
        members_ = work < kWork ? 1 : threads;
        const int vectors = (units + W - 1) / W;
        const int wanted = batch.rows < members_ ? (members_ - 1) / (batch.rows > 0 ? batch.rows : 1) + 1 : 1;
        pieces_ = wanted < vectors ? wanted : vectors;
    }

    int length(int row) const { return batch_.lengths == nullptr ? batch_.steps : static_cast<int>(batch_.lengths[row]); }
    // The token of step s of a row, and where it stands in the padded batch.
    int time(int row, int s) const { return batch_.reverse ? length(row) - 1 - s : s; }
    int64_t token(int row, int time) const { return begin_[row] + time; }

    // work(row, units) for every row in pieces of its units.
    template <class Work>
    void each(const Work& work) const {
        Block<Line> lines(Queue::lines(1, members_));
        const Queue queue(lines, 0, members_, batch_.rows * pieces_);
        queue.reset();
        in_team(members_, [&](int member, Team&) {
            for (int piece = queue.claim(member); piece >= 0; piece = queue.claim(member)) {
                const Share vectors = share_of((units_ + W - 1) / W, piece % pieces_, pieces_);
                const int end = vectors.end * W;
                work(piece / pieces_, Share{vectors.begin * W, end < units_ ? end : units_});
            }
        });
    }

private:
    static constexpr int64_t kWork = 1 << 15;  // numbers below which a team costs more than it saves

    const Batch& batch_;
    const int units_;
    const Block<int64_t> begin_;
    int members_, pieces_;
};

// step(first unit, how many: W or fewer at the end)
template <class Step>
inline void each_vector(Share units, const Step& step) {
    int u = units.begin;
    for (; u + W <= units.end; u += W) step(u, W);
    if (u < units.end) step(u, units.end - u);
}

template <class Kind, class Number>
inline void load_feed(const Feed<Number>& feed, int64_t place, int count, Floats* values) {
    for (int k = 0; k < Kind::vectors; ++k) values[k] = load_some(feed.data[k] + place, count);
}

template <class Kind>
void run_forward(const Recurrence& recurrence, const Batch& batch, Vectors<float> outputs, float* end, int threads) {
    const Feed<const float> feed = recurrence.feed;
    const Rows rows(batch, recurrence.units, threads);
    rows.each([&](int row, Share units) {
        const int64_t own = int64_t{row} * recurrence.units;
        float* const first = outputs.data + row * outputs.row_stride;
        const float* before = recurrence.start + own;
        for (int s = 0; s < rows.length(row); ++s) {
            const int time = rows.time(row, s);
            const int64_t place = rows.token(row, time) * feed.stride;
            float* const h = first + time * outputs.step_stride;
            each_vector(units, [&](int u, int count) {
                Floats values[Kind::vectors];
                load_feed<Kind>(feed, place + u, count, values);
                const Coefficients made = Kind::of(values);
                store_some(h + u, made.a * load_some(before + u, count) + made.b, count);
            });
            before = h;
        }
        copy(end + own + units.begin, before + units.begin, units.end - units.begin);
        for (int time = rows.length(row); time < batch.steps; ++time)
            std::memset(first + time * outputs.step_stride + units.begin, 0, sizeof(float) * (units.end - units.begin));
    });
}

template <class Kind>
void run_backward(const Recurrence& recurrence, const Batch& batch, Vectors<const float> h,
                  const LinearGradients& gradients, int threads) {
    const Feed<const float> feed = recurrence.feed;
    const Vectors<const float> d_outputs = gradients.outputs;
    const Rows rows(batch, recurrence.units, threads);
    rows.each([&](int row, Share units) {
        const int64_t own = int64_t{row} * recurrence.units;
        float* const d_before = gradients.start + own;  // of h before the step; of the start in the end
        each_vector(units, [&](int u, int count) {
            store_some(d_before + u, gradients.end == nullptr ? Floats{} : load_some(gradients.end + own + u, count), count);
        });
        for (int s = rows.length(row) - 1; s >= 0; --s) {
            const int time = rows.time(row, s);
            const int64_t token = rows.token(row, time);
            const float* const before = s == 0 ? recurrence.start + own
                                               : h.data + row * h.row_stride + rows.time(row, s - 1) * h.step_stride;
            const float* const d_output = d_outputs.data == nullptr
                                              ? nullptr
                                              : d_outputs.data + row * d_outputs.row_stride + time * d_outputs.step_stride;
            each_vector(units, [&](int u, int count) {
                Floats values[Kind::vectors], d_values[Kind::vectors];
                load_feed<Kind>(feed, token * feed.stride + u, count, values);
                Floats d = load_some(d_before + u, count);
                if (d_output != nullptr) d += load_some(d_output + u, count);
                const Floats a = Kind::gradient(values, load_some(before + u, count), d, d_values);
                for (int k = 0; k < Kind::vectors; ++k)
                    store_some(gradients.feed.data[k] + token * gradients.feed.stride + u, d_values[k], count);
                store_some(d_before + u, d * a, count);
            });
        }
    });
}

// Calls run with a value of the type that computes the coefficients.
template <class Run>
inline void with_kind(LinearCell cell, const Run& run) {
    switch (cell) {
        case LinearCell::given: return run(Given());
        case LinearCell::mingru: return run(MinGru<Plain>());
        case LinearCell::mingru_positive: return run(MinGru<Positive>());
        case LinearCell::minlstm: return run(MinLstm<Plain>());
        case LinearCell::minlstm_positive: return run(MinLstm<Positive>());
    }
}

inline void linear_forward(const Recurrence& recurrence, const Batch& batch, Vectors<float> outputs, float* end,
                           int threads) {
    with_kind(recurrence.cell, [&](auto kind) {
        run_forward<decltype(kind)>(recurrence, batch, outputs, end, threads);
    });
}

inline void linear_backward(const Recurrence& recurrence, const Batch& batch, Vectors<const float> h,
                            const LinearGradients& gradients, int threads) {
    with_kind(recurrence.cell, [&](auto kind) {
        run_backward<decltype(kind)>(recurrence, batch, h, gradients, threads);
    });
}

}  // namespace WEFT_ISA
}  // namespace weft
