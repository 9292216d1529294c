// The classes Decoder and Product of the extension module: weft/decoder.h and weft/product.h on plain numbers, as in binding.cpp.
#include "binding_decoder.h"

#include <memory>

#include "numbers.h"
#include "weft/decoder.h"
#include "weft/product.h"

namespace nb = nanobind;

namespace weft {
namespace {

constexpr Py_ssize_t kBefore = 7;  // numbers that stand before the layers
constexpr Py_ssize_t kLayer = 9;

template <class Number>
Number* at(int64_t address) {
    return reinterpret_cast<Number*>(static_cast<intptr_t>(address));
}

void make(Decoder* self, const nb::args& arguments) {
    const auto given = static_cast<Py_ssize_t>(arguments.size());
    const Py_ssize_t layers = given < kBefore + kLayer ? 1 : (given - kBefore) / kLayer;
    Numbers take(arguments, kBefore + layers * kLayer);
    const auto precision = static_cast<Precision>(take.small());
    const int threads = take.small();
    const Symbols symbols = {take.address<const float>(), take.number()};
    const OutputLayer output = {take.address<const float>(), take.address<const float>(), take.number()};
    std::vector<Layer> stack;
    for (Py_ssize_t layer = 0; layer < layers; ++layer) stack.push_back(take.layer());
    nb::gil_scoped_release unlocked;
    new (self) Decoder(stack, symbols, output, precision, threads);
}

void step(const Decoder& self, int rows, int64_t symbols, int64_t vectors, int64_t before, int64_t after, int64_t out,
          int threads) {
    nb::gil_scoped_release unlocked;
    self.step(rows, at<const int64_t>(symbols), at<const float>(vectors), at<const float>(before), at<float>(after),
              at<float>(out), threads);
}

bool draw(const Decoder& self, int rows, int64_t symbols, int64_t before, int64_t after, int64_t numbers, int64_t drawn,
          int64_t logp, double temperature, int64_t most, double share, int64_t forbidden, int threads) {
    nb::gil_scoped_release unlocked;
    return self.draw(rows, at<const int64_t>(symbols), at<const float>(before), at<float>(after),
                     at<const double>(numbers), {temperature, most, share, forbidden}, at<int64_t>(drawn),
                     at<float>(logp), threads);
}

void make_product(Product* self, int64_t weight, int64_t bias, int inputs, int outputs) {
    nb::gil_scoped_release unlocked;
    new (self) Product(at<const float>(weight), at<const float>(bias), inputs, outputs);
}

void multiply(const Product& self, int64_t count, int64_t vectors, int64_t out, int threads) {
    nb::gil_scoped_release unlocked;
    self.run(count, at<const float>(vectors), at<float>(out), threads);
}

}  // namespace

void bind_decoder(nb::module_& module) {
    nb::class_<Decoder>(module, "Decoder",
                        "A stack of layers, a step a call: precision (0: float32, 1: int8), threads, the symbols' "
                        "vectors and count, the output's weight, bias and count, then a LAYER each, the lowest first.")
        .def("__init__", &make)
        .def("step", &step,
             "rows, addresses of symbols, vectors, the state before, the state after, the outputs (0: none); threads.")
        .def("draw", &draw,
             "rows, addresses of symbols, the state before, the state after, numbers, drawn symbols, log p (0: none); "
             "temperature, most, share, forbidden; threads. False when a row's logits are not numbers.")
        .def_prop_ro("state_width", &Decoder::state_width, "Floats of a row's state.")
        .def_prop_ro("bytes", &Decoder::bytes, "Bytes of weights that a step reads.");
    nb::class_<Product>(module, "Product", "W x + b: addresses of the weight and the bias (0: none), inputs, outputs.")
        .def("__init__", &make_product)
        .def("run", &multiply, "Number of vectors, their address, the results' address; threads.");
}

}  // namespace weft
