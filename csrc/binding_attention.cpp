// Attention of the extension module: weft/attention.h on plain numbers, as in binding.cpp.
#include "binding_attention.h"

#include "numbers.h"
#include "weft/attention.h"

namespace nb = nanobind;

namespace weft {
namespace {

void run(const nb::args& arguments) {
    Numbers take(arguments, 13);
    const AdditiveAttention call = {take.small(), take.small(), take.small(), take.small(), take.small(),
                                    take.address<const int64_t>(), take.address<const float>(),
                                    take.address<const float>(), take.address<const float>(),
                                    take.address<const float>(), take.address<float>(), take.address<float>()};
    const int threads = take.small();
    nb::gil_scoped_release unlocked;
    additive_attention(call, threads);
}

}  // namespace

void bind_attention(nb::module_& module) {
    module.def("additive_attention", &run,
               "Numbers of sources, of queries of each, of states, of the perceptron's and a state's width; addresses of "
               "lengths, queries, keys, the perceptron's vector, states, contexts and weights (written); threads.");
}

}  // namespace weft
