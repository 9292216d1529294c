// What forward leaves for backward: h of every token, padded to whole vectors, then the cell's own vectors a token.
#pragma once

#include "panels.h"
#include "schedule.h"

namespace weft {
namespace WEFT_ISA {

// A state of the whole batch in the core's order: rows by length, units padded to whole vectors with zeros.
inline void take_state(const float* from, const Schedule& schedule, int units, int begin, int end, float* to) {
    const int width = vectors_of(units) * W;
    for (int r = 0; r < schedule.rows; ++r)
        for (int u = begin; u < end; ++u) {
            const float* row = from == nullptr ? nullptr : from + static_cast<int64_t>(schedule.row(r)) * units;
            const Floats value = row == nullptr ? Floats{} : load_some(row + u * W, units - u * W);
            store(to + static_cast<int64_t>(r) * width + u * W, value);
        }
}

// One row of it back into the batch's.
inline void give_row(const float* from, const Schedule& schedule, int r, int units, int begin, int end, float* to) {
    for (int u = begin; u < end; ++u)
        store_some(to + static_cast<int64_t>(schedule.row(r)) * units + u * W, load(from + u * W), units - u * W);
}

inline void give_state(const float* from, const Schedule& schedule, int units, int begin, int end, float* to) {
    if (to == nullptr) return;
    const int width = vectors_of(units) * W;
    for (int r = 0; r < schedule.rows; ++r)
        give_row(from + static_cast<int64_t>(r) * width, schedule, r, units, begin, end, to);
}

// Zero at the places of padding, units [begin, end) only.
inline void clear_padding(const Schedule& schedule, const Vectors<float>& vectors, int begin, int end) {
    if (begin >= end) return;
    for (int r = 0; r < schedule.rows; ++r)
        for (int t = schedule.length(r); t < schedule.places; ++t) {
            float* row = vectors.data + schedule.row(r) * vectors.row_stride + t * vectors.step_stride;
            std::memset(row + begin, 0, sizeof(float) * (end - begin));
        }
}

// h of every token of a layer with `units` units in memory that begins at `data`.
struct KeptH {
    float* data;
    int width;  // units padded

    float* at(int64_t token) const { return data + token * width; }
    int64_t size(int64_t tokens) const { return tokens * width; }
};

// The rows of h before step s: the start for the first step, the last step's tokens for the others.
inline void point_before(const Schedule& schedule, int s, const float* start, const KeptH& h, const float** rows) {
    const float* first = s == 0 ? start : h.at(schedule.offset(s - 1));
    for (int r = 0; r < schedule.active(s); ++r) rows[r] = first + static_cast<int64_t>(r) * h.width;
}

}  // namespace WEFT_ISA
}  // namespace weft
