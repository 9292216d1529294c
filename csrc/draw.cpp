#include "weft/draw.h"

#include <algorithm>
#include <cfloat>
#include <cmath>
#include <numeric>
#include <vector>

#include "weft/decoder.h"
#include "weft/step_plan.h"

namespace weft {
namespace {

// Symbols by falling logit, the lower number first among equals; the first `sorted` of them are in place.
class Ranking {
public:
    Ranking(const float* logits, int64_t count) : logits_(logits), order_(count) {
        std::iota(order_.begin(), order_.end(), int64_t{0});
    }
    int64_t count() const { return static_cast<int64_t>(order_.size()); }
    int64_t operator[](int64_t rank) const { return order_[rank]; }

    void sort_until(int64_t rank) {
        rank = std::min(rank, count());
        if (rank <= sorted_) return;
        const auto before = [this](int64_t a, int64_t b) {
            return logits_[a] != logits_[b] ? logits_[a] > logits_[b] : a < b;
        };
        if (rank < count()) std::nth_element(order_.begin() + sorted_, order_.begin() + rank, order_.end(), before);
        std::sort(order_.begin() + sorted_, order_.begin() + rank, before);
        sorted_ = rank;
    }

private:
    const float* logits_;
    std::vector<int64_t> order_;
    int64_t sorted_ = 0;
};

double total_of(const float* weights, int64_t count) {
    double total = 0.0;
    for (int64_t i = 0; i < count; ++i) total += weights[i];
    return total;
}

// How many of the most probable symbols hold the share.
int64_t holding(double share, Ranking& ranking, const float* weights, int64_t most) {
    double total = 0.0;
    for (int64_t rank = 0; rank < most; ++rank) total += weights[ranking[rank]];
    double before = 0.0;
    for (int64_t rank = 0; rank < most; ++rank) {
        if (rank % 64 == 0) ranking.sort_until(rank + 64);
        if (rank > 0 && before >= share * total) return rank;
        before += weights[ranking[rank]];
    }
    return most;
}

// Sets the weight of what is cut to 0.
void cut(const Drawing& drawing, const float* logits, int64_t count, float* weights) {
    const int64_t most = drawing.most > 0 ? std::min(drawing.most, count) : count;
    if (most == count && drawing.share >= 1.0) return;
    Ranking ranking(logits, count);
    if (most < count) ranking.sort_until(most);
    const int64_t kept = drawing.share < 1.0 ? holding(drawing.share, ranking, weights, most) : most;
    for (int64_t rank = kept; rank < count; ++rank) weights[ranking[rank]] = 0.0f;
}

int64_t passing(double number, const float* weights, int64_t count) {
    const double goal = number * total_of(weights, count);
    double total = 0.0;
    int64_t last = 0;
    for (int64_t i = 0; i < count; ++i) {
        if (weights[i] == 0.0f) continue;
        total += weights[i];
        if (total > goal) return i;
        last = i;
    }
    return last;
}

}  // namespace

int64_t draw_symbol(const StepKernels& kernels, float* logits, int64_t count, const Drawing& drawing, double number,
                    float* weights, float* logp) {
    const float largest = kernels.largest(logits, count);
    if (!std::isfinite(largest)) return -1;
    if (drawing.forbidden >= 0) logits[drawing.forbidden] = -FLT_MAX;
    const float peak = drawing.forbidden >= 0 ? kernels.largest(logits, count) : largest;
    int64_t symbol;
    if (drawing.temperature == 0.0) {
        symbol = std::find(logits, logits + count, peak) - logits;
    } else {
        kernels.weigh(logits, count, peak, static_cast<float>(1.0 / drawing.temperature), weights);
        cut(drawing, logits, count, weights);
        symbol = passing(number, weights, count);
    }
    if (logp != nullptr) {
        kernels.weigh(logits, count, peak, 1.0f, weights);
        *logp = static_cast<float>(double{logits[symbol]} - peak - std::log(total_of(weights, count)));
    }
    return symbol;
}

}  // namespace weft
