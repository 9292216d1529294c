// One step of a decoder: the stages of its plan one after the other, each shared out by panels.
//
// Every sum is taken by one member in an order that depends on sizes alone, whatever the number of members and rows.
#pragma once

#include "block.h"
#include "cells.h"
#include "desk.h"
#include "queue.h"

namespace weft {
namespace WEFT_ISA {

// Bytes of weights a member: below, entering a team costs more than it saves.
constexpr int64_t kWorthATeam = 384 << 10;

inline Floats read(const float* from, int left) { return left >= W ? load(from) : load_some(from, left); }
inline void write(float* to, Floats value, int left) {
    if (left >= W)
        store(to, value);
    else
        store_some(to, value, left);
}

// A stage while it is run: its plan, the call, and the factors that the stage before it left.
struct Work {
    const StepPlan& plan;
    const StepCall& call;
    const Stage& stage;
    float* factors;  // [rows, plan.factors]

    const float* before(int row, int column) const { return call.before + row * int64_t{plan.state_width} + column; }
    float* after(int row, int column) const { return call.after + row * int64_t{plan.state_width} + column; }

    const float* x(int row) const {
        if (stage.x != kFromCall) return after(row, stage.x);
        return (call.symbols == nullptr ? call.vectors + row * int64_t{plan.inputs}
                                        : plan.vectors + call.symbols[row] * plan.inputs);
    }
    const float* s(int row) const {
        if (stage.s == kFromFactors) return factors + row * int64_t{plan.factors};
        return stage.finish == Finish::output ? after(row, stage.s) : before(row, stage.s);
    }
    const float* input_start(int row) const {
        return stage.table < 0 ? stage.input_start : plan.table + call.symbols[row] * plan.table_width + stage.table;
    }
};

inline void lay_out(const Work& work, Desk& desk) {
    const Stage& stage = work.stage;
    if (stage.input.inputs > 0) {
        for (int row = 0; row < work.call.rows; ++row) desk.input.rows[row] = work.x(row);
        round_vectors(desk.input, stage.input, work.call.rows);
    }
    for (int row = 0; row < work.call.rows; ++row) desk.state.rows[row] = work.s(row);
    round_vectors(desk.state, stage.state, work.call.rows);
}

// The sums of one panel for all rows: of the input in desk.sums, of the state kWidest vectors behind.
inline void panel_sums(const Work& work, const Desk& desk, int64_t column, int vectors) {
    const Stage& stage = work.stage;
    float* sums = desk.sums;
    for (int row = 0; row < work.call.rows; ++row, sums += kStride)
        for (int j = 0; j < vectors; ++j) {
            store(sums + j * W, load(work.input_start(row) + (column + j) * W));
            const bool begins = stage.finish != Finish::factors_released;
            store(sums + (kWidest + j) * W, begins ? load(stage.state_start + (column + j) * W) : Floats{});
        }
    if (stage.input.inputs > 0) add_product(desk.input, stage.input, work.call.rows, column, vectors, desk.sums);
    add_product(desk.state, stage.state, work.call.rows, column, vectors, desk.sums + kWidest * W);
}

template <class Cell>
void finish_cell(const Work& work, const Desk& desk, int first, int end) {
    const Stage& stage = work.stage;
    for (int row = 0; row < work.call.rows; ++row) {
        const float* sums = desk.sums + row * int64_t{kStride};
        for (int u = first; u < end; ++u) {
            Floats x[Cell::gates], s[Cell::gates], keep[Cell::kept + 1];
            for (int gate = 0; gate < Cell::gates; ++gate) {
                x[gate] = load(sums + ((u - first) * Cell::gates + gate) * W);
                s[gate] = load(sums + (kWidest + (u - first) * Cell::gates + gate) * W);
            }
            const int left = stage.units - u * W;
            Step step = {};
            if (Cell::passes) step.h = read(work.before(row, stage.to) + u * W, left);
            if (Cell::has_cell) step.cell = read(work.before(row, stage.cell) + u * W, left);
            Cell::forward(x, s, step, keep);
            write(work.after(row, stage.to) + u * W, step.h, left);
            if (Cell::has_cell) write(work.after(row, stage.cell) + u * W, step.cell, left);
        }
    }
}

inline void finish_factors(const Work& work, const Desk& desk, int first, int end) {
    const Stage& stage = work.stage;
    for (int row = 0; row < work.call.rows; ++row)
        for (int u = first; u < end; ++u) {
            const float* sums = desk.sums + row * int64_t{kStride} + (u - first) * W;
            Floats x = load(sums);
            if (stage.finish == Finish::factors_released) x = tanh(x) + load(stage.state_start + u * W);
            write(work.factors + row * int64_t{work.plan.factors} + u * W, x * load(sums + kWidest * W),
                  stage.units - u * W);
        }
}

inline void finish_output(const Work& work, const Desk& desk, int first, int end) {
    for (int row = 0; row < work.call.rows; ++row)
        for (int u = first; u < end; ++u) {
            const float* sums = desk.sums + row * int64_t{kStride} + (u - first) * W;
            write(work.call.out + row * int64_t{work.stage.units} + u * W, load(sums) + load(sums + kWidest * W),
                  work.stage.units - u * W);
        }
}

inline void finish(const Work& work, const Desk& desk, int first, int end) {
    switch (work.stage.finish) {
        case Finish::elman_tanh: return finish_cell<Elman<Tanh>>(work, desk, first, end);
        case Finish::elman_sigmoid: return finish_cell<Elman<Sigmoid>>(work, desk, first, end);
        case Finish::elman_relu: return finish_cell<Elman<Relu>>(work, desk, first, end);
        case Finish::lstm: return finish_cell<Lstm>(work, desk, first, end);
        case Finish::gru: return finish_cell<Gru>(work, desk, first, end);
        case Finish::factors:
        case Finish::factors_released: return finish_factors(work, desk, first, end);
        case Finish::output: return finish_output(work, desk, first, end);
    }
}

// What one member gets of a stage; returns how many panels that was.
inline int run_stage(const Work& work, Desk& desk, const Queue& queue, int member) {
    const Panels panels = panels_of(work.stage.units, work.stage.gates);
    int done = 0;
    for (int panel; (panel = queue.claim(member)) >= 0; ++done) {
        if (done == 0) lay_out(work, desk);
        const int first = panels.begin(panel), end = panels.begin(panel + 1);
        panel_sums(work, desk, int64_t{first} * work.stage.gates, (end - first) * work.stage.gates);
        finish(work, desk, first, end);
    }
    if (done > 0) queue.done(done);
    return done;
}

inline int64_t level_room(const StepPlan& plan) {
    int64_t room = 0;
    for (int i = 0; i < plan.count; ++i) {
        const Stage& stage = plan.stages[i];
        if (stage.state.bytes == nullptr) continue;
        const int most = stage.state.inputs > stage.input.inputs ? stage.state.inputs : stage.input.inputs;
        room = level_count(most) > room ? level_count(most) : room;
    }
    return room;
}

inline Queue queue_of(const StepPlan& plan, Line* lines, int stage, int members) {
    return Queue(lines, stage, members, panels_of(plan.stages[stage].units, plan.stages[stage].gates).count());
}

inline StepTimes step(const StepPlan& plan, const StepCall& call) {
    const int64_t worth = plan.bytes / kWorthATeam;
    const int members = worth < 1 ? 1 : worth < call.threads ? static_cast<int>(worth) : call.threads;
    const int64_t levels = level_room(plan), desk_floats = desk_size(call.rows, levels);
    Block<float> memory(members * desk_floats + call.rows * int64_t{plan.factors});
    Block<Line> lines(Queue::lines(plan.count, members));
    float* factors = memory + members * desk_floats;
    for (int i = 0; i < plan.count; ++i) queue_of(plan, lines, i, members).reset();
    StepTimes times = {members, 0, 0};
    const int64_t began = members > 1 ? nanoseconds() : 0;
    in_team(members, [&](int member, Team&) {
        Desk desk(memory + member * desk_floats, call.rows, levels);
        for (int i = 0; i < plan.count; ++i) {
            const Queue queue = queue_of(plan, lines, i, members);
            const bool timed = member == 0 && members > 1;
            const int64_t turn = timed ? nanoseconds() : 0;
            const int done = run_stage({plan, call, plan.stages[i], factors}, desk, queue, member);
            if (timed && done > 0) times.alone += (nanoseconds() - turn) * queue.panels() / done;
            queue.wait();
        }
    });
    if (members > 1) times.taken = nanoseconds() - began;
    return times;
}

// start + matrix * vectors for many vectors: the table of the first layer's sums.
inline void project(int units, int gates, const Packed& matrix, const float* start, const float* vectors, int64_t count,
                    float* sums, int64_t stride, int threads) {
    constexpr int kRows = 64;
    const Panels panels = panels_of(units, gates);
    in_team(threads, [&](int member, Team& team) {
        const Share share = share_of(panels.count(), member, team.size());
        const float* rows[kRows];
        for (int64_t first = 0; first < count; first += kRows) {
            const int some = static_cast<int>(count - first < kRows ? count - first : kRows);
            for (int row = 0; row < some; ++row) rows[row] = vectors + (first + row) * matrix.inputs;
            for (int panel = share.begin; panel < share.end; ++panel) {
                const int64_t column = int64_t{panels.begin(panel)} * gates * W;
                const int width = panels.width(panel) * gates;
                float* out = sums + first * stride + column;
                for (int row = 0; row < some; ++row)
                    std::memcpy(out + row * stride, start + column, sizeof(float) * width * W);
                product(width, some, rows, matrix.inputs, matrix.numbers + column * matrix.inputs, out, stride, false);
            }
        }
    });
}

inline float largest(const float* numbers, int64_t count) {
    float most = numbers[0];
    bool broken = false;
    int64_t i = 0;
    if (count >= W) {
        Floats peak = load(numbers);
        Ints defect = {};
        for (; i + W <= count; i += W) {
            const Floats part = load(numbers + i);
            peak = where(part > peak, part, peak);
            defect |= part != part;
        }
        for (int lane = 0; lane < W; ++lane) {
            most = peak[lane] > most ? peak[lane] : most;
            broken = broken || defect[lane] != 0;
        }
    }
    for (; i < count; ++i) {
        most = numbers[i] > most ? numbers[i] : most;
        broken = broken || numbers[i] != numbers[i];
    }
    return broken ? __builtin_nanf("") : most;
}

inline void weigh(const float* numbers, int64_t count, float largest, float sharpness, float* weights) {
    for (int64_t i = 0; i < count; i += W) {
        const int left = count - i < W ? static_cast<int>(count - i) : W;
        const Floats x = (read(numbers + i, left) - largest) * sharpness;
        write(weights + i, where(x < -87.0f, Floats{}, exp(x)), left);
    }
}

inline void pack(int units, int gates, const float* weights, int inputs, float* numbers) {
    const Panels panels = panels_of(units, gates);
    for (int panel = 0; panel < panels.count(); ++panel)
        pack_gates({units, gates}, panels, panel, weights, inputs,
                   numbers + int64_t{panels.begin(panel)} * gates * W * inputs);
}

inline void pack_start(int units, int gates, const float* bias, float* start) { pack_bias({units, gates}, bias, start); }

inline void pack_small(int units, int gates, const float* weights, int inputs, int8_t* bytes, float* scales) {
    const Panels panels = panels_of(units, gates);
    std::memset(bytes, 0, int64_t{vectors_of(units)} * gates * W * 2 * pairs_of(inputs));
    std::memset(scales, 0, sizeof(float) * vectors_of(units) * gates * W * groups_of(inputs));
    for (int panel = 0; panel < panels.count(); ++panel) {
        const int64_t column = int64_t{panels.begin(panel)} * gates * W;
        const int vectors = panels.width(panel) * gates;
        for (int u = 0; u < panels.width(panel); ++u)
            for (int gate = 0; gate < gates; ++gate)
                for (int lane = 0; lane < W; ++lane) {
                    const int unit = (panels.begin(panel) + u) * W + lane;
                    if (unit >= units) continue;
                    pack_small_row(weights + (int64_t{gate} * units + unit) * inputs, inputs, vectors, u * gates + gate,
                                   lane, bytes + column * 2 * pairs_of(inputs), scales + column * groups_of(inputs));
                }
    }
}

}  // namespace WEFT_ISA
}  // namespace weft
