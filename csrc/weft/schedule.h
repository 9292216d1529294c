// Which rows run at which step: the rows in the order of their lengths, the longest first, so that those still running
// are always the first ones. A token is one real step of one row; tokens are numbered step by step.
#pragma once

#include "block.h"
#include "core.h"

namespace weft {
namespace WEFT_ISA {

class Schedule {
public:
    explicit Schedule(const Batch& batch)
        : rows(batch.rows), places(batch.steps), reverse_(batch.reverse), order_(batch.rows), length_(batch.rows),
          active_(batch.steps + 2), offset_(batch.steps + 1) {
        sort(batch);
        steps = rows > 0 ? length_[0] : 0;
        offset_[0] = 0;
        for (int s = 0; s < steps; ++s) offset_[s + 1] = offset_[s] + active_[s];
        tokens = offset_[steps];
    }

    int row(int r) const { return order_[r]; }          // its place in the batch
    int length(int r) const { return length_[r]; }
    int active(int s) const { return active_[s]; }      // rows that have a step s
    int64_t offset(int s) const { return offset_[s]; }  // the token of row 0 at step s
    int time(int r, int s) const { return reverse_ ? length_[r] - 1 - s : s; }

    const int rows;
    const int places;
    int steps;  // the longest length
    int64_t tokens;

private:
    // Counting sort, longest first, equal lengths in their order.
    void sort(const Batch& batch) {
        int* ended = active_;  // at first rows of length t, then rows of length >= t
        for (int t = 0; t <= batch.steps + 1; ++t) ended[t] = 0;
        for (int b = 0; b < rows; ++b) ++ended[length_of(batch, b)];
        for (int t = batch.steps; t > 0; --t) ended[t] += ended[t + 1];
        Block<int> next(batch.steps + 1);
        for (int t = 1; t <= batch.steps; ++t) next[t] = ended[t + 1];
        for (int b = 0; b < rows; ++b) {
            const int length = length_of(batch, b);
            const int r = next[length]++;
            order_[r] = b;
            length_[r] = length;
        }
        for (int s = 0; s < batch.steps; ++s) active_[s] = ended[s + 1];
    }
    static int length_of(const Batch& batch, int b) {
        return batch.lengths == nullptr ? batch.steps : static_cast<int>(batch.lengths[b]);
    }

    const bool reverse_;
    Block<int> order_;
    Block<int> length_;
    Block<int> active_;
    Block<int64_t> offset_;
};

}  // namespace WEFT_ISA
}  // namespace weft
