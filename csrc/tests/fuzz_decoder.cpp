// Random decoders on every instruction set of this machine, against a chain of the core's own layers; and the promises of
// decoder.h and product.h: the weights are copied, nothing but the results is written, and results do not depend on the number of
// threads or on the other rows.
//
//   fuzz_decoder [--seed N] [--count N] [--seconds N]    a failure names the seed that repeats it
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <random>
#include <stdexcept>
#include <string>
#include <vector>

#include "guarded.h"
#include "weft/decoder.h"
#include "weft/product.h"

namespace weft {
namespace checks {
namespace {

constexpr double kBound = 5e-5;
constexpr double kSmallBound = 0.1;  // of int8
#if defined(__SANITIZE_ADDRESS__)
constexpr int kMostUnits = 70;
#else
constexpr int kMostUnits = 300;
#endif

using Array = Guarded<float>;

void require(bool holds, const std::string& what) {
    if (!holds) throw std::runtime_error(what);
}

class Draw {
public:
    explicit Draw(unsigned seed) : random_(seed) {}
    int whole(int least, int most) { return std::uniform_int_distribution<int>(least, most)(random_); }
    bool coin() { return whole(0, 1) == 1; }
    double share() { return std::uniform_real_distribution<double>(0.0, 1.0)(random_); }
    std::unique_ptr<Array> array(int64_t count, double scale) {
        std::unique_ptr<Array> made(new Array(static_cast<size_t>(count), static_cast<size_t>(whole(0, 15)), 0.0f));
        std::normal_distribution<float> normal(0.0f, static_cast<float>(scale));
        for (int64_t i = 0; i < count; ++i) (*made)[static_cast<size_t>(i)] = normal(random_);
        return made;
    }

private:
    std::mt19937 random_;
};

float* at(const std::unique_ptr<Array>& array) { return array ? array->data() : nullptr; }

// One layer with its own weights.
struct Stored {
    Layer layer;
    std::vector<std::unique_ptr<Array>> weights;

    Stored(Draw& draw, Cell cell, int inputs, int units) {
        const bool multiplies = cell == Cell::mrnn || cell == Cell::mrnn_released;
        const int gates = cell == Cell::lstm ? 4 : cell == Cell::gru ? 3 : 1;
        const int factors = multiplies ? draw.whole(1, units + 3) : 0;
        const int64_t fed = multiplies ? factors + units : gates * units, driven = multiplies ? factors : gates * units;
        weights.push_back(draw.array(fed * inputs, 1.0 / std::sqrt(inputs)));
        weights.push_back(draw.array(driven * units, 1.0 / std::sqrt(units)));
        weights.push_back(multiplies ? draw.array(int64_t{units} * factors, 1.0 / std::sqrt(factors)) : nullptr);
        weights.push_back(draw.coin() ? draw.array(fed, 0.5) : nullptr);
        weights.push_back(draw.coin() && !multiplies ? draw.array(driven, 0.5) : nullptr);
        const Weights<const float> all = {at(weights[0]), at(weights[1]), at(weights[2]), at(weights[3]), at(weights[4])};
        layer = {cell, inputs, units, factors, all};
    }
};

struct Case {
    Draw draw;
    std::vector<std::unique_ptr<Stored>> layers;
    int inputs, units, rows, state_width = 0;
    int64_t symbols = 0, outputs;
    bool one_hot = false;
    Precision precision;
    std::unique_ptr<Array> vectors, weight, bias, before, fed;
    std::unique_ptr<Guarded<int64_t>> ids;

    explicit Case(unsigned seed) : draw(seed) {
        inputs = draw.whole(1, 40), units = draw.whole(1, kMostUnits), rows = draw.whole(1, 19);
        outputs = draw.whole(0, 3) == 0 ? 0 : draw.whole(2, 90);
        precision = draw.coin() ? Precision::int8 : Precision::float32;
        if (draw.coin()) symbols = draw.whole(0, 9) == 0 ? 1100 : draw.whole(1, 30);
        one_hot = symbols > 0 && symbols <= 30 && draw.coin();
        if (one_hot) inputs = static_cast<int>(symbols);
        const auto cell = static_cast<Cell>(draw.whole(0, 6));
        for (int layer = draw.whole(1, 3); layer > 0; --layer) {
            layers.emplace_back(new Stored(draw, cell, layers.empty() ? inputs : units, units));
            state_width += units * (cell == Cell::lstm ? 2 : 1);
        }
        if (outputs > 0) weight = draw.array(outputs * units, 1.0 / std::sqrt(units));
        if (outputs > 0 && draw.coin()) bias = draw.array(outputs, 1.0);
        vectors = draw.array((symbols > 0 ? symbols : rows) * inputs, 1.0);
        for (int64_t i = 0; one_hot && i < symbols * inputs; ++i)
            (*vectors)[static_cast<size_t>(i)] = i / inputs == i % inputs ? 1.0f : 0.0f;
        before = draw.array(int64_t{rows} * state_width, 0.5);
        ids.reset(new Guarded<int64_t>(static_cast<size_t>(rows), 3, 0));
        for (int row = 0; row < rows; ++row)
            (*ids)[static_cast<size_t>(row)] = symbols > 0 ? draw.whole(0, static_cast<int>(symbols) - 1) : row;
    }

    std::unique_ptr<Decoder> decoder() const {
        std::vector<Layer> stack;
        for (const auto& each : layers) stack.push_back(each->layer);
        const Symbols read = {one_hot || symbols == 0 ? nullptr : at(vectors), symbols};
        return std::unique_ptr<Decoder>(new Decoder(stack, read, {at(weight), at(bias), outputs}, precision, 2));
    }
};

struct Result {
    Array after, out;
    Result(const Case& drawn, int rows)
        : after(static_cast<size_t>(rows) * drawn.state_width, 5, untouched()),
          out(static_cast<size_t>(rows) * drawn.outputs, 9, untouched()) {}
};

void step(const Case& drawn, const Decoder& decoder, int first, int rows, int threads, Result& to) {
    decoder.step(rows, drawn.symbols > 0 ? drawn.ids->data() + first : nullptr,
                 drawn.symbols > 0 ? nullptr : at(drawn.vectors) + first * drawn.inputs,
                 at(drawn.before) + int64_t{first} * drawn.state_width, to.after.data(),
                 drawn.outputs > 0 ? to.out.data() : nullptr, threads);
    require(to.after.guards_hold() && to.out.guards_hold(), "memory beside the results was written");
}

// The same by the core's layers over one step each, and the output in double.
void expect(const Case& drawn, Result& to) {
    std::vector<float> x, h(drawn.rows * drawn.units), cell(h), end_h(h), end_cell(h), outputs(h);
    for (int row = 0; row < drawn.rows; ++row) {
        const float* from = at(drawn.vectors) + (*drawn.ids)[static_cast<size_t>(row)] * drawn.inputs;
        x.insert(x.end(), from, from + drawn.inputs);
    }
    int column = 0;
    for (const auto& each : drawn.layers) {
        const bool cells = each->layer.cell == Cell::lstm;
        for (int row = 0; row < drawn.rows; ++row)
            for (int unit = 0; unit < drawn.units; ++unit) {
                const float* from = at(drawn.before) + int64_t{row} * drawn.state_width + column + unit;
                h[row * drawn.units + unit] = from[0];
                if (cells) cell[row * drawn.units + unit] = from[drawn.units];
            }
        const Input input = {{x.data(), each->layer.inputs, each->layer.inputs}, nullptr, {nullptr, 0, 0}, 0};
        forward(each->layer, {drawn.rows, 1, nullptr, false}, input, {h.data(), cells ? cell.data() : nullptr},
                {outputs.data(), drawn.units, drawn.units}, {end_h.data(), cells ? end_cell.data() : nullptr}, nullptr,
                1);
        for (int row = 0; row < drawn.rows; ++row)
            for (int unit = 0; unit < drawn.units; ++unit) {
                float* after = to.after.data() + int64_t{row} * drawn.state_width + column + unit;
                after[0] = end_h[row * drawn.units + unit];
                if (cells) after[drawn.units] = end_cell[row * drawn.units + unit];
            }
        column += drawn.units * (cells ? 2 : 1);
        x = end_h;
    }
    for (int row = 0; row < drawn.rows; ++row)
        for (int64_t output = 0; output < drawn.outputs; ++output) {
            double sum = drawn.bias ? (*drawn.bias)[static_cast<size_t>(output)] : 0.0;
            for (int unit = 0; unit < drawn.units; ++unit)
                sum += double{at(drawn.weight)[output * drawn.units + unit]} * x[row * drawn.units + unit];
            to.out[static_cast<size_t>(row * drawn.outputs + output)] = static_cast<float>(sum);
        }
}

double largest_off(const Array& got, const Array& expected) {
    double most = 0.0, scale = 1.0;
    for (size_t i = 0; i < got.size(); ++i) {
        require(std::isfinite(got[i]), "a result is no number or was not written");
        most = std::max(most, std::fabs(double{got[i]} - expected[i]));
        scale = std::max(scale, std::fabs(double{expected[i]}));
    }
    return most / scale;
}

bool same(const Array& one, const float* other, size_t first) {
    return std::memcmp(one.data(), other + first, one.size() * sizeof(float)) == 0;
}

void check_drawing(Case& drawn, const Decoder& decoder) {
    Guarded<int64_t> chosen(static_cast<size_t>(drawn.rows), 1, -7);
    Guarded<double> numbers(static_cast<size_t>(drawn.rows), 2, 0.0);
    Array after(static_cast<size_t>(drawn.rows) * drawn.state_width, 0, 0.0f);
    Array logp(static_cast<size_t>(drawn.rows), 3, 1.0f);
    for (size_t row = 0; row < numbers.size(); ++row) numbers[row] = drawn.draw.share();
    const Drawing how = {drawn.draw.coin() ? 1.0 : drawn.draw.share() * 3, drawn.draw.whole(0, 20),
                         drawn.draw.coin() ? 1.0 : drawn.draw.share() + 1e-3, drawn.draw.whole(-1, 1)};
    const bool fine = decoder.draw(drawn.rows, drawn.ids->data(), at(drawn.before), after.data(), numbers.data(), how,
                                   chosen.data(), logp.data(), 2);
    require(fine && chosen.guards_hold() && logp.guards_hold() && after.guards_hold(), "drawing wrote elsewhere");
    for (size_t row = 0; row < chosen.size(); ++row)
        require(chosen[row] >= 0 && chosen[row] < drawn.outputs && chosen[row] != how.forbidden && logp[row] <= 0.0f,
                "a symbol was drawn that is none");
}

void check(unsigned seed) {
    Case drawn(seed);
    const std::unique_ptr<Decoder> decoder = drawn.decoder();
    Result expected(drawn, drawn.rows), got(drawn, drawn.rows), team(drawn, drawn.rows);
    expect(drawn, expected);
    drawn.layers.clear();  // it has its own copy
    step(drawn, *decoder, 0, drawn.rows, 1, got);
    const double bound = drawn.precision == Precision::int8 ? kSmallBound : kBound;
    const double off = std::max(largest_off(got.after, expected.after), largest_off(got.out, expected.out));
    require(off <= bound, "off by " + std::to_string(off));
    step(drawn, *decoder, 0, drawn.rows, 3, team);
    require(same(team.after, got.after.data(), 0) && same(team.out, got.out.data(), 0), "threads change the result");
    const int row = drawn.draw.whole(0, drawn.rows - 1);
    Result alone(drawn, 1);
    step(drawn, *decoder, row, 1, 1, alone);
    require(same(alone.after, got.after.data(), static_cast<size_t>(row) * drawn.state_width) &&
                same(alone.out, got.out.data(), static_cast<size_t>(row * drawn.outputs)),
            "the other rows change the result");
    if (drawn.outputs > 2 && drawn.symbols > 0) check_drawing(drawn, *decoder);
}

// A product by itself, against the definition in double.
void check_product(unsigned seed) {
    Draw draw(seed);
    const int inputs = draw.whole(1, kMostUnits), outputs = draw.whole(1, kMostUnits), rows = draw.whole(1, 110);
    std::unique_ptr<Array> weight = draw.array(int64_t{outputs} * inputs, 1.0 / std::sqrt(inputs));
    std::unique_ptr<Array> bias = draw.coin() ? draw.array(outputs, 1.0) : nullptr;
    const std::unique_ptr<Array> x = draw.array(int64_t{rows} * inputs, 1.0);
    const size_t count = static_cast<size_t>(rows) * static_cast<size_t>(outputs);
    Array expected(count, 0, 0.0f), got(count, 5, untouched()), team(count, 7, untouched());
    for (int row = 0; row < rows; ++row)
        for (int output = 0; output < outputs; ++output) {
            double sum = bias ? (*bias)[static_cast<size_t>(output)] : 0.0;
            for (int k = 0; k < inputs; ++k) sum += double{at(weight)[output * inputs + k]} * at(x)[row * inputs + k];
            expected[static_cast<size_t>(row) * outputs + output] = static_cast<float>(sum);
        }
    const Product product(at(weight), at(bias), inputs, outputs);
    weight.reset(), bias.reset();  // it has its own copies
    product.run(rows, at(x), got.data(), 1);
    const double off = largest_off(got, expected);
    require(off <= kBound, "a product is off by " + std::to_string(off));
    product.run(rows, at(x), team.data(), 3);
    require(got.guards_hold() && team.guards_hold(), "memory beside a product was written");
    require(same(team, got.data(), 0), "threads change a product");
    const int row = draw.whole(0, rows - 1);
    Array alone(static_cast<size_t>(outputs), 2, untouched());
    product.run(1, at(x) + int64_t{row} * inputs, alone.data(), 1);
    require(same(alone, got.data(), static_cast<size_t>(row) * outputs), "the other vectors change a product");
}

double value_of(int count, char** words, const char* name, double otherwise) {
    for (int i = 1; i + 1 < count; ++i)
        if (std::string(words[i]) == name) return std::atof(words[i + 1]);
    return otherwise;
}

}  // namespace

int run(int count, char** words) {
    const auto first = static_cast<unsigned>(value_of(count, words, "--seed", 1));
    const auto most = static_cast<unsigned>(value_of(count, words, "--count", 1e9));
    const double seconds = value_of(count, words, "--seconds", 10);
    const auto began = std::chrono::steady_clock::now();
    const char* const sets[] = {"avx512", "avx2", "portable"};
    unsigned done = 0;
    for (; done < most; ++done) {
        if (std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count() > seconds) break;
        for (const char* set : sets) {
            if (!use_instructions(set)) continue;
            try {
                check(first + done);
                check_product(first + done);
            } catch (const std::exception& error) {
                std::printf("seed %u on %s: %s\n", first + done, set, error.what());
                return 1;
            }
        }
    }
    std::printf("%u decoders hold\n", done);
    return 0;
}

}  // namespace checks
}  // namespace weft

int main(int count, char** words) { return weft::checks::run(count, words); }
