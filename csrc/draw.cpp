#include "weft/draw.h"

#include <algorithm>
#include <cfloat>
#include <cmath>
#include <functional>
#include <vector>

#include "weft/decoder.h"
#include "weft/step_plan.h"

namespace weft {
namespace {

double total_of(const float* weights, int64_t count) {
    double total = 0.0;
    for (int64_t i = 0; i < count; ++i) total += weights[i];
    return total;
}

// Sets all weights to 0 but the `kept` whose values are largest, the first among equals; bound: the smallest of those.
void keep(const float* values, int64_t count, float bound, int64_t kept, float* weights) {
    int64_t equals = kept;
    for (int64_t i = 0; i < count; ++i) equals -= values[i] > bound;
    for (int64_t i = 0; i < count; ++i) {
        if (values[i] > bound || (values[i] == bound && equals-- > 0)) continue;
        weights[i] = 0.0f;
    }
}

void keep_most(int64_t most, const float* logits, int64_t count, float* weights) {
    std::vector<float> falling(logits, logits + count);
    std::nth_element(falling.begin(), falling.begin() + most - 1, falling.end(), std::greater<float>());
    keep(logits, count, falling[most - 1], most, weights);
}

// Keeps the largest weights until they hold the share. Only the half in which the bound must lie is looked at again.
void keep_share(double share, int64_t count, float* weights) {
    std::vector<float> falling;
    for (int64_t i = 0; i < count; ++i)
        if (weights[i] > 0.0f) falling.push_back(weights[i]);
    const double goal = share * total_of(falling.data(), static_cast<int64_t>(falling.size()));
    double before = 0.0;
    auto first = falling.begin(), last = falling.end();
    while (last - first > 32) {
        const auto middle = first + (last - first) / 2;
        std::nth_element(first, middle, last, std::greater<float>());
        const double half = total_of(&*first, middle - first);
        if (before + half >= goal) {
            last = middle;
        } else {
            before += half;
            first = middle;
        }
    }
    std::sort(first, last, std::greater<float>());
    for (; first != last && (first == falling.begin() || before < goal); ++first) before += *first;
    keep(weights, count, *(first - 1), first - falling.begin(), weights);
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
        if (drawing.most > 0 && drawing.most < count) keep_most(drawing.most, logits, count, weights);
        if (drawing.share < 1.0) keep_share(drawing.share, count, weights);
        symbol = passing(number, weights, count);
    }
    if (logp != nullptr) {
        kernels.weigh(logits, count, peak, 1.0f, weights);
        *logp = static_cast<float>(double{logits[symbol]} - peak - std::log(total_of(weights, count)));
    }
    return symbol;
}

}  // namespace weft
