// The extension module weft.kernels._core. It takes plain numbers, addresses (0 for null) among them, and checks nothing
// but how many they are: whoever calls it has checked shapes and keeps the memory alive. Computing releases the
// interpreter's lock.
//
// Every list of numbers is made of these, in the order of core.h:
//   LAYER (9)   cell, inputs, units, factors, then the weights' addresses: input, state, factor, input_bias, state_bias
//   BATCH (4)   rows, steps, lengths' address, reverse
//   INPUT (8)   vectors' address, row_stride, step_stride, table's address,
//               symbols' address, row_stride, step_stride, count
//   STATE (2)   addresses of h and cell
//   VECTORS (3) address, row_stride, step_stride
// Strides are counted in elements.
#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>

#ifdef _OPENMP
#include <omp.h>
#endif

#include "binding_attention.h"
#include "binding_decoder.h"
#include "binding_linear.h"
#include "numbers.h"
#include "weft/core.h"
#include "weft/memory.h"

namespace nb = nanobind;

namespace {

int64_t kept_size(const nb::args& arguments) {
    weft::Numbers take(arguments, 13);
    const weft::Layer layer = take.layer();
    const weft::Batch batch = take.batch();
    return weft::kept_size(layer, batch);
}

void forward(const nb::args& arguments) {
    weft::Numbers take(arguments, 30);
    const weft::Layer layer = take.layer();
    const weft::Batch batch = take.batch();
    const weft::Input input = take.input();
    const auto start = take.state<const float>();
    const auto outputs = take.vectors<float>();
    const auto end = take.state<float>();
    float* kept = take.address<float>();
    const int threads = take.small();
    nb::gil_scoped_release unlocked;
    weft::forward(layer, batch, input, start, outputs, end, kept, threads);
}

void backward(const nb::args& arguments) {
    weft::Numbers take(arguments, 41);
    const weft::Layer layer = take.layer();
    const weft::Batch batch = take.batch();
    const weft::Input input = take.input();
    const auto start = take.state<const float>();
    const auto* kept = take.address<const float>();
    const weft::Gradients gradients = {take.vectors<const float>(), take.state<const float>(), take.weights<float>(),
                                       take.vectors<float>(),       take.address<float>(),     take.state<float>()};
    const int threads = take.small();
    nb::gil_scoped_release unlocked;
    weft::backward(layer, batch, input, start, kept, gradients, threads);
}

// Memory as a tensor: what forward keeps is large, and its blocks are worth using again.
nb::ndarray<nb::pytorch, float, nb::ndim<1>> take(size_t count) {
    void* block = weft::take_memory(count * sizeof(float));
    nb::capsule owner(block, [](void* given) noexcept { weft::give_memory(given); });
    return {static_cast<float*>(block), {count}, owner};
}

nb::list available_instructions() {
    nb::list names;
    for (const char* name : {"avx512", "avx2", "portable"})
        if (weft::has_instructions(name)) names.append(name);
    return names;
}

int openmp_threads() {
#ifdef _OPENMP
    return omp_get_max_threads();
#else
    return 0;
#endif
}

}  // namespace

NB_MODULE(_core, module) {
    module.doc() = "Recurrent layers over time in C++. Addresses are trusted: call it through weft.kernels.core.";
    module.def("kept_size", &kept_size, "LAYER BATCH -> floats that forward must keep for backward.");
    module.def("take", &take, nb::arg("count"), "A float32 tensor [count], its contents undefined.");
    module.def("forward", &forward,
               "LAYER BATCH INPUT, start STATE, outputs VECTORS, end STATE, kept's address (0: keep nothing), threads.");
    module.def("backward", &backward,
               "LAYER BATCH INPUT, start STATE, kept's address, then gradients: of the outputs VECTORS and the end STATE "
               "(0: zero); wanted of the weights (5), the vectors VECTORS, the table, the start STATE (0: not wanted); "
               "threads.");
    module.def("instructions", &weft::instructions, "The instruction set in use.");
    module.def("available_instructions", &available_instructions, "Those this machine and this build have, fastest first.");
    module.def("use_instructions", &weft::use_instructions, nb::arg("name"),
               "Use another instruction set; False when it is not available. What forward kept under one set is of no "
               "use under another.");
    weft::bind_decoder(module);
    weft::bind_linear(module);
    weft::bind_attention(module);
    module.def("openmp_threads", &openmp_threads, "Threads OpenMP would use; 0 when the core was built without it.");
}
