// Random additive attention on every instruction set of this machine, against the definition in double; and the promises
// of attention.h: padding is neither read nor given weight, nothing but the results is written, and a query's numbers do
// not depend on the number of threads, on the other queries and sources or on the padding.
//
//   fuzz_attention [--seed N] [--count N] [--seconds N]    a failure names the seed that repeats it
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <stdexcept>
#include <string>
#include <vector>

#include "arrays.h"
#include "weft/attention.h"

namespace weft {
namespace checks {
namespace {

constexpr double kBound = 3e-5;
#if defined(__SANITIZE_ADDRESS__)
constexpr int kMostWidth = 70;
#else
constexpr int kMostWidth = 300;
#endif

void require(bool holds, const std::string& what) {
    if (!holds) throw std::runtime_error(what);
}

// What goes in, NaN at padding.
struct Asked {
    int sources, queries, states, width, memory;
    Guarded<int64_t> lengths;
    Drawn query, keys, of_tanh, seen;

    explicit Asked(Draw& draw)
        : sources(draw.between(1, 5)), queries(draw.one_in(4) ? draw.between(8, 20) : draw.between(1, 7)),
          states(draw.size(40)), width(draw.size(kMostWidth)), memory(draw.size(kMostWidth)),
          lengths(static_cast<size_t>(sources), 3, 0) {
        const double spread = draw.one_in(8) ? 40.0 : draw.uniform() * 3;  // powers that leave float32, now and then
        query = normal(draw, true, size(sources * queries, width), spread);
        of_tanh = normal(draw, true, size(1, width), 2.0 / std::sqrt(width));
        keys = array(true, size(sources * states, width), static_cast<size_t>(draw.below(16)));
        seen = array(true, size(sources * states, memory), static_cast<size_t>(draw.below(16)));
        const double key_spread = draw.one_in(8) ? 40.0 : draw.uniform() * 3;
        for (int b = 0; b < sources; ++b) {
            lengths[static_cast<size_t>(b)] = draw.between(1, states);
            const size_t first = size(b, states), end = first + static_cast<size_t>(lengths[static_cast<size_t>(b)]);
            for (size_t i = first * width; i < end * width; ++i)
                (*keys)[i] = static_cast<float>(key_spread * draw.normal());
            for (size_t i = first * memory; i < end * memory; ++i) (*seen)[i] = static_cast<float>(draw.normal());
        }
    }
    static size_t size(int one, int other) { return static_cast<size_t>(one) * static_cast<size_t>(other); }
};

struct Found {
    Floats contexts, weights;
    Found(const Asked& asked, int rows, int states)
        : contexts(Asked::size(rows, asked.memory), 5, untouched()), weights(Asked::size(rows, states), 9, untouched()) {}
    bool guards_hold() { return contexts.guards_hold() && weights.guards_hold(); }
};

void attend(Asked& asked, int threads, Found& to) {
    additive_attention({asked.sources, asked.queries, asked.states, asked.width, asked.memory, asked.lengths.data(),
                        pointer(asked.query), pointer(asked.keys), pointer(asked.of_tanh), pointer(asked.seen),
                        to.contexts.data(), to.weights.data()},
                       threads);
    require(to.guards_hold(), "memory beside the results was written");
}

double off(double expected, float got, double scale) {
    require(std::isfinite(got), "a result is no number or was not written");
    return std::fabs(expected - double{got}) / scale;
}

// How far one query's numbers are from the definition.
double off(const Asked& asked, const Found& found, int source, int number) {
    const auto length = static_cast<int>(asked.lengths[static_cast<size_t>(source)]);
    const size_t row = Asked::size(source, asked.queries) + static_cast<size_t>(number);
    std::vector<double> weights;
    for (int s = 0; s < length; ++s) {
        double score = 0.0;
        for (int a = 0; a < asked.width; ++a) {
            const size_t place = Asked::size(source * asked.states + s, asked.width) + static_cast<size_t>(a);
            const float inside = (*asked.query)[row * asked.width + a] + (*asked.keys)[place];
            score += double{(*asked.of_tanh)[static_cast<size_t>(a)]} * std::tanh(double{inside});
        }
        weights.push_back(score);
    }
    const double most = *std::max_element(weights.begin(), weights.end());
    double total = 0.0, worst = 0.0;
    for (double& each : weights) total += each = std::exp(each - most);
    for (int s = 0; s < asked.states; ++s) {
        const float got = found.weights[row * asked.states + s];
        require(s < length || got == 0.0f, "padding has a weight");
        if (s < length) worst = std::max(worst, off(weights[static_cast<size_t>(s)] / total, got, 1.0));
    }
    for (int m = 0; m < asked.memory; ++m) {
        double sum = 0.0;
        for (int s = 0; s < length; ++s)
            sum += weights[static_cast<size_t>(s)] / total *
                   double{(*asked.seen)[Asked::size(source * asked.states + s, asked.memory) + static_cast<size_t>(m)]};
        worst = std::max(worst, off(sum, found.contexts[row * asked.memory + m], std::max(1.0, std::fabs(sum))));
    }
    return worst;
}

bool same(const float* one, const float* other, size_t count) {
    return std::memcmp(one, other, count * sizeof(float)) == 0;
}

// One query of one source without its padding, against the same in company.
void check_alone(Asked& asked, const Found& all, int source, int number) {
    const auto length = static_cast<int>(asked.lengths[static_cast<size_t>(source)]);
    const size_t row = Asked::size(source, asked.queries) + static_cast<size_t>(number);
    const size_t first = Asked::size(source, asked.states);
    const int64_t own = length;
    Found found(asked, 1, length);
    additive_attention({1, 1, length, asked.width, asked.memory, &own, pointer(asked.query) + row * asked.width,
                        pointer(asked.keys) + first * asked.width, pointer(asked.of_tanh),
                        pointer(asked.seen) + first * asked.memory, found.contexts.data(), found.weights.data()},
                       1);
    require(same(found.weights.data(), all.weights.data() + row * asked.states, static_cast<size_t>(length)) &&
                same(found.contexts.data(), all.contexts.data() + row * asked.memory, found.contexts.size()),
            "the company or the padding changes a result");
}

void check(uint64_t seed) {
    Draw draw(seed);
    Asked asked(draw);
    const int rows = asked.sources * asked.queries;
    Found found(asked, rows, asked.states), team(asked, rows, asked.states);
    attend(asked, 1, found);
    for (int source = 0; source < asked.sources; ++source)
        for (int number = 0; number < asked.queries; ++number) {
            const double most = off(asked, found, source, number);
            require(most <= kBound, "off by " + std::to_string(most));
        }
    attend(asked, 3, team);
    require(same(found.weights.data(), team.weights.data(), found.weights.size()) &&
                same(found.contexts.data(), team.contexts.data(), found.contexts.size()),
            "threads change the result");
    check_alone(asked, found, draw.between(0, asked.sources - 1), draw.between(0, asked.queries - 1));
}

double value_of(int count, char** words, const char* name, double otherwise) {
    for (int i = 1; i + 1 < count; ++i)
        if (std::string(words[i]) == name) return std::atof(words[i + 1]);
    return otherwise;
}

}  // namespace

int run(int count, char** words) {
    const auto first = static_cast<uint64_t>(value_of(count, words, "--seed", 1));
    const auto most = static_cast<uint64_t>(value_of(count, words, "--count", 1e9));
    const double seconds = value_of(count, words, "--seconds", 10);
    const auto began = std::chrono::steady_clock::now();
    uint64_t done = 0;
    for (; done < most; ++done) {
        if (std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count() > seconds) break;
        for (const char* set : {"avx512", "avx2", "portable"}) {
            if (!use_instructions(set)) continue;
            try {
                check(first + done);
            } catch (const std::exception& error) {
                std::printf("seed %llu on %s: %s\n", static_cast<unsigned long long>(first + done), set, error.what());
                return 1;
            }
        }
    }
    std::printf("%llu attentions hold\n", static_cast<unsigned long long>(done));
    return 0;
}

}  // namespace checks
}  // namespace weft

int main(int count, char** words) { return weft::checks::run(count, words); }
