// Linear recurrences of the extension module: weft/linear.h on plain numbers, as in binding.cpp.
//
//   RECURRENCE (7) cell, units, FEED, start's address
//   FEED (4)       addresses of up to three vectors of the first token, stride
#include "binding_linear.h"

#include "numbers.h"
#include "weft/linear.h"

namespace nb = nanobind;

namespace weft {
namespace {

// Members between braces are read from left to right.
template <class Number>
Feed<Number> feed(Numbers& take) {
    return {{take.address<Number>(), take.address<Number>(), take.address<Number>()}, take.number()};
}
Recurrence recurrence(Numbers& take) {
    return {static_cast<LinearCell>(take.small()), take.small(), feed<const float>(take), take.address<const float>()};
}

void run_forward(const nb::args& arguments) {
    Numbers take(arguments, 16);
    const Recurrence what = recurrence(take);
    const Batch batch = take.batch();
    const auto outputs = take.vectors<float>();
    auto* end = take.address<float>();
    const int threads = take.small();
    nb::gil_scoped_release unlocked;
    linear_forward(what, batch, outputs, end, threads);
}

void run_backward(const nb::args& arguments) {
    Numbers take(arguments, 24);
    const Recurrence what = recurrence(take);
    const Batch batch = take.batch();
    const auto h = take.vectors<const float>();
    const LinearGradients gradients = {take.vectors<const float>(), take.address<const float>(), feed<float>(take),
                                       take.address<float>()};
    const int threads = take.small();
    nb::gil_scoped_release unlocked;
    linear_backward(what, batch, h, gradients, threads);
}

}  // namespace

void bind_linear(nb::module_& module) {
    module.def("linear_forward", &run_forward, "RECURRENCE BATCH, outputs VECTORS, end's address, threads.");
    module.def("linear_backward", &run_backward,
               "RECURRENCE BATCH, h VECTORS, then gradients: of the outputs VECTORS and the end (0: zero); wanted of the "
               "FEED and the start; threads.");
}

}  // namespace weft
