// y = W x + b for some vectors x, with packed weights: each panel is read once and stays in the cache for all vectors.
#pragma once

#include "step.h"

namespace weft {
namespace WEFT_ISA {

constexpr int kPanelRows = 48;  // vectors that go through a panel together: whole tiles of every width

// One panel's outputs for `count` vectors; what of the panel is padding goes nowhere.
inline void multiply_panel(const Packed& matrix, const float* start, const float* const* rows, int count, int column,
                           int vectors, float* out, int units) {
    const float* panel = matrix.numbers + int64_t{column} * matrix.inputs;
    const int width = vectors * W, real = units - column < width ? units - column : width;
    float spare[kPanelRows * kWidest * W];
    float* sums = real == width ? out + column : spare;
    const int64_t stride = real == width ? units : width;
    for (int row = 0; row < count; ++row) copy(sums + row * stride, start + column, width);
    product(vectors, count, rows, matrix.inputs, panel, sums, stride, false);
    for (int row = 0; row < count && sums == spare; ++row)
        copy(out + row * int64_t{units} + column, spare + row * width, real);
}

// out [count, units] = start + matrix * vectors
inline void multiply(int units, const Packed& matrix, const float* start, const float* vectors, int64_t count,
                     float* out, int threads) {
    const Panels panels = panels_of(units, 1);
#ifdef WEFT_ALWAYS_A_TEAM
    const int64_t worth = threads;
#else
    const int64_t work = (count + 3) / 4 * int64_t{units} * matrix.inputs * static_cast<int64_t>(sizeof(float));
    const int64_t worth = work / kWorthATeam;
#endif
    in_team(worth < 2 ? 1 : worth < threads ? static_cast<int>(worth) : threads, [&](int member, Team& team) {
        const Share share = share_of(panels.count(), member, team.size());
        const float* rows[kPanelRows];
        for (int panel = share.begin; panel < share.end; ++panel)
            for (int64_t first = 0; first < count; first += kPanelRows) {
                const int some = static_cast<int>(count - first < kPanelRows ? count - first : kPanelRows);
                for (int row = 0; row < some; ++row) rows[row] = vectors + (first + row) * matrix.inputs;
                multiply_panel(matrix, start, rows, some, panels.begin(panel) * W, panels.width(panel),
                               out + first * units, units);
            }
    });
}

}  // namespace WEFT_ISA
}  // namespace weft
