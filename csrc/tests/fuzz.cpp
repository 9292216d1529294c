// Random cases through the core, on every instruction set of this machine, against the reference; and the promises of
// core.h: nothing but the results is written, padding and unasked pointers are not touched, results do not depend on the
// number of threads, on the other rows of the batch, on what is kept, or on whether symbols or their vectors go in.
//
//   fuzz [--seed N] [--count N] [--seconds N]    seeds N, N + 1, ...; a failure names the seed that repeats it
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <string>

#include "expected.h"

namespace weft {
namespace checks {
namespace {

// Largest error allowed, as a share of the largest value of the array it is in, or of kSmall where that is smaller, or,
// for a gradient that sums up tokens, of what is summed up without its signs. Sums over up to a thousand numbers, forty
// steps deep, lose a few digits of single precision's seven.
constexpr double kBound = 3e-5, kSmall = 0.3;
#if defined(__SANITIZE_ADDRESS__)
constexpr double kMostWork = 2e6;  // multiplications of the largest case
#else
constexpr double kMostWork = 2e7;
#endif

double worst = 0.0;

void require(bool holds, const std::string& what) {
    if (!holds) throw std::runtime_error(what);
}

// --- running the core -------------------------------------------------------------------------------------------------

// The layer over the whole batch, or over row `only` alone.
struct Call {
    const Case& drawn;
    Given& given;
    int only = -1;

    Layer layer() const {
        const reference::Sizes& sizes = drawn.sizes;
        return {sizes.cell, static_cast<int>(sizes.inputs), static_cast<int>(sizes.units), static_cast<int>(sizes.factors),
                given.parts.weights<const float>()};
    }
    Batch batch() const {
        const int64_t* lengths = drawn.lengths.empty() ? nullptr : given.lengths.data() + first();
        return {only < 0 ? drawn.rows : 1, drawn.steps, lengths, drawn.reverse};
    }
    Input input(bool by_symbol) const {
        if (!by_symbol) return {part<const float>(given.x), nullptr, {nullptr, 0, 0}, 0};
        const int64_t row = drawn.time_major ? 1 : drawn.steps, step = drawn.time_major ? drawn.rows : 1;
        return {{nullptr, 0, 0}, pointer(given.table), {given.symbols.data() + first() * row, row, step}, drawn.symbols};
    }
    State<const float> start() const { return {state(given.start_h), state(given.start_cell)}; }
    State<const float> d_end() const { return {state(given.d_h), state(given.d_cell)}; }
    Vectors<const float> d_outputs() const {
        return drawn.from_outputs ? part<const float>(given.d_outputs) : Vectors<const float>{nullptr, 0, 0};
    }

    void run(Results& to, bool by_symbol, int threads) const {
        forward(layer(), batch(), input(by_symbol), start(), to.outputs.vectors<float>(),
                {pointer(to.end_h), pointer(to.end_cell)}, pointer(to.kept), threads);
        if (!to.kept) return;
        const bool vectors = drawn.d_input && !by_symbol;
        const Gradients gradients = {d_outputs(),
                                     d_end(),
                                     to.d.weights<float>(),
                                     vectors ? to.d_x.vectors<float>() : Vectors<float>{nullptr, 0, 0},
                                     by_symbol ? pointer(to.d_table) : nullptr,
                                     {pointer(to.d_start_h), pointer(to.d_start_cell)}};
        backward(layer(), batch(), input(by_symbol), start(), pointer(to.kept), gradients, threads);
    }

private:
    int64_t first() const { return only < 0 ? 0 : only; }
    template <class Number>
    Vectors<Number> part(Padded& whole) const {
        Vectors<Number> vectors = whole.vectors<Number>();
        vectors.data += first() * vectors.row_stride;
        return vectors;
    }
    const float* state(const Drawn& all) const {
        return all ? all->data() + first() * static_cast<int64_t>(drawn.sizes.units) : nullptr;
    }
};

// --- comparing --------------------------------------------------------------------------------------------------------

void close(const char* name, const Floats& got, const Numbers& expected, double summed = 0.0) {
    require(got.size() == expected.size(), std::string(name) + ": the check itself is wrong about its size");
    double largest = std::max(kSmall, summed);
    for (double value : expected) largest = std::max(largest, std::fabs(value));
    for (size_t i = 0; i < got.size(); ++i) {
        const double off = std::fabs(got[i] - expected[i]) / largest;
        worst = std::max(worst, off);
        if (!(off <= kBound))
            throw std::runtime_error(std::string(name) + " [" + std::to_string(i) + "]: " + std::to_string(got[i]) +
                                     " instead of " + std::to_string(expected[i]));
    }
}
void close(const char* name, const Drawn& got, const Numbers& expected, double summed = 0.0) {
    if (got) close(name, *got, expected, summed);
}

// Padded vectors: close at real places, zero at padding, and gaps as they were.
void close(const char* name, const Case& drawn, Padded& got, const Numbers& expected, size_t width) {
    size_t written = 0, touched = 0;
    Floats dense(expected.size(), 0, 0.0f);
    for (int b = 0; b < drawn.rows; ++b)
        for (int t = 0; t < drawn.steps; ++t)
            for (size_t j = 0; j < width; ++j, ++written) {
                dense[written] = got.at(b, t)[j];
                if (t >= drawn.length(b)) require(dense[written] == 0.0f, std::string(name) + ": padding is not zero");
            }
    for (size_t i = 0; i < got.memory.size(); ++i) touched += !is_untouched(got.memory[i]);
    require(touched == written, std::string(name) + ": something was written between the vectors");
    close(name, dense, expected);
}

void same(const char* name, const char* what, const float* got, const float* expected, size_t count) {
    if (std::memcmp(got, expected, count * sizeof(float)) == 0) return;
    throw std::runtime_error(std::string(name) + " differs " + what);
}

void untouched(const char* name, const Floats& array) {
    for (size_t i = 0; i < array.size(); ++i) require(is_untouched(array[i]), std::string(name) + ": was written");
}

// The table's gradient; rows of symbols that no place has stay as they were.
void close_table(const Case& drawn, Given& given, Results& got, const Expected& expected) {
    if (!got.d_table) return;
    const size_t width = drawn.sizes.inputs;
    std::vector<bool> occurs(static_cast<size_t>(drawn.symbols));
    for (int b = 0; b < drawn.rows; ++b)
        for (int t = 0; t < drawn.length(b); ++t) occurs[static_cast<size_t>(given.symbol(drawn, b, t))] = true;
    for (size_t i = 0; i < got.d_table->size(); ++i) {
        if (occurs[i / width]) continue;
        require(is_untouched((*got.d_table)[i]), "gradient of table: a symbol that does not occur was written");
        (*got.d_table)[i] = 0.0f;
    }
    close("gradient of table", got.d_table, expected.d_table, expected.swing);
}

void check_guards(Given& given, Results& results) {
    require(given.guards_hold(), "something was written beside the inputs");
    for (const Results::Named& each : results.all())
        if (each.array != nullptr) require(each.array->guards_hold(), std::string("written beside ") + each.name);
}

// --- the promises -----------------------------------------------------------------------------------------------------

int64_t kept_floats(const Call& call) { return kept_size(call.layer(), call.batch()); }

void check_reference(const Case& drawn, Given& given, Results& got) {
    const Expected expected = expect(drawn, given, got.outputs);
    close("outputs", drawn, got.outputs, expected.outputs, drawn.sizes.units);
    close("end h", got.end_h, expected.end_h), close("end cell", got.end_cell, expected.end_cell);
    if (drawn.d_input && !drawn.by_symbol) close("gradient of x", drawn, got.d_x, expected.d_x, drawn.sizes.inputs);
    if (!drawn.d_input || drawn.by_symbol) untouched("gradient of x", got.d_x.memory);
    close("gradient of start h", got.d_start_h, expected.d_start_h);
    close("gradient of start cell", got.d_start_cell, expected.d_start_cell);
    close("gradient of input weight", got.d.input, expected.d.input, expected.swing);
    close("gradient of state weight", got.d.state, expected.d.state, expected.swing);
    close("gradient of factor weight", got.d.factor, expected.d.factor, expected.swing);
    close("gradient of input bias", got.d.input_bias, expected.d.input_bias, expected.swing);
    close("gradient of state bias", got.d.state_bias, expected.d.state_bias, expected.swing);
    close_table(drawn, given, got, expected);
}

void check_threads(const Case& drawn, Given& given, Results& expected) {
    const Call call{drawn, given};
    Results got(drawn, kept_floats(call), true);
    call.run(got, drawn.by_symbol, drawn.other_threads);
    check_guards(given, got);
    const auto all = got.all(), before = expected.all();
    for (size_t i = 0; i < all.size(); ++i)
        if (all[i].array != nullptr)
            same(all[i].name, "with another number of threads", all[i].array->data(), before[i].array->data(),
                 all[i].array->size());
}

void check_without_keeping(const Case& drawn, Given& given, Results& expected) {
    const Call call{drawn, given};
    Results got(drawn, 0, false);
    call.run(got, drawn.by_symbol, drawn.threads);
    check_guards(given, got);
    const char* const what = "when nothing is kept";
    same("outputs", what, got.outputs.memory.data(), expected.outputs.memory.data(), got.outputs.memory.size());
    same("end h", what, got.end_h->data(), expected.end_h->data(), got.end_h->size());
    if (got.end_cell) same("end cell", what, got.end_cell->data(), expected.end_cell->data(), got.end_cell->size());
}

// What belongs to one row: `b` of the results of a whole batch, `own` of others.
void same_row(const char* what, const Case& drawn, bool with_x, Results& got, int own, Results& expected, int b) {
    const size_t width = drawn.sizes.units;
    for (int t = 0; t < drawn.steps; ++t) {
        same("outputs", what, got.outputs.at(own, t), expected.outputs.at(b, t), width);
        if (with_x) same("gradient of x", what, got.d_x.at(own, t), expected.d_x.at(b, t), drawn.sizes.inputs);
    }
    const auto state = [&](const char* name, const Drawn& one, const Drawn& other) {
        if (one)
            same(name, what, one->data() + static_cast<size_t>(own) * width,
                 other->data() + static_cast<size_t>(b) * width, width);
    };
    state("end h", got.end_h, expected.end_h), state("end cell", got.end_cell, expected.end_cell);
    state("gradient of start h", got.d_start_h, expected.d_start_h);
    state("gradient of start cell", got.d_start_cell, expected.d_start_cell);
}

void check_row_alone(const Case& drawn, Given& given, Results& expected) {
    const Call call{drawn, given, drawn.row_alone};
    Case alone = drawn;
    alone.rows = 1;
    Results got(alone, kept_floats(call), true);
    call.run(got, drawn.by_symbol, drawn.threads);
    check_guards(given, got);
    same_row("from the same row alone", drawn, drawn.d_input && !drawn.by_symbol, got, 0, expected, drawn.row_alone);
}

void check_vectors_for_symbols(const Case& drawn, Given& given, Results& expected) {
    if (!drawn.by_symbol) return;
    const Call call{drawn, given};
    Results got(drawn, kept_floats(call), true);
    call.run(got, false, drawn.threads);
    check_guards(given, got);
    for (int b = 0; b < drawn.rows; ++b) same_row("between symbols and their vectors", drawn, false, got, b, expected, b);
}

void check_case(const Case& drawn, Given& given) {
    const Call call{drawn, given};
    Results got(drawn, kept_floats(call), true);
    call.run(got, drawn.by_symbol, drawn.threads);
    check_guards(given, got);
    check_threads(drawn, given, got);
    check_without_keeping(drawn, given, got);
    check_row_alone(drawn, given, got);
    check_vectors_for_symbols(drawn, given, got);
    check_reference(drawn, given, got);
}

// --- the program ------------------------------------------------------------------------------------------------------

struct Bounds {
    uint64_t seed = 1;
    int64_t count = 0;  // 0: no bound
    double seconds = 10.0;
};

Bounds read(int count, char** words) {
    Bounds bounds;
    for (int i = 1; i < count; i += 2) {
        const std::string name = words[i];
        const char* const value = i + 1 < count ? words[i + 1] : "";
        if (name == "--seed")
            bounds.seed = std::strtoull(value, nullptr, 10);
        else if (name == "--count")
            bounds.count = std::strtoll(value, nullptr, 10), bounds.seconds = 1e9;
        else if (name == "--seconds")
            bounds.seconds = std::strtod(value, nullptr);
        else
            throw std::invalid_argument("unknown word " + name + "; there are --seed N, --count N, --seconds N");
    }
    return bounds;
}

void check_seed(uint64_t seed) {
    const Case drawn = draw_case(seed, kMostWork);
    for (const char* set : {"avx512", "avx2", "portable"}) {
        if (!use_instructions(set)) continue;
        Draw draw(seed + (uint64_t{1} << 32));
        Given given(drawn, draw);
        try {
            check_case(drawn, given);
        } catch (const std::exception& error) {
            throw std::runtime_error(std::string(set) + ", " + describe(drawn) + ": " + error.what());
        }
    }
}

int run(const char* program, const Bounds& bounds) {
    const auto began = std::chrono::steady_clock::now();
    int64_t done = 0;
    for (; bounds.count == 0 || done < bounds.count; ++done) {
        const std::chrono::duration<double> passed = std::chrono::steady_clock::now() - began;
        if (passed.count() > bounds.seconds) break;
        try {
            check_seed(bounds.seed + static_cast<uint64_t>(done));
        } catch (const std::exception& error) {
            std::printf("%s\nagain with: %s --seed %llu --count 1\n", error.what(), program,
                        static_cast<unsigned long long>(bounds.seed + static_cast<uint64_t>(done)));
            return 1;
        }
    }
    std::printf("%lld cases from seed %llu on, the largest error %.1e of %.1e\n", static_cast<long long>(done),
                static_cast<unsigned long long>(bounds.seed), worst, kBound);
    return 0;
}

}  // namespace
}  // namespace checks
}  // namespace weft

int main(int count, char** words) {
    try {
        return weft::checks::run(words[0], weft::checks::read(count, words));
    } catch (const std::exception& error) {
        std::fprintf(stderr, "%s\n", error.what());
        return 2;
    }
}
