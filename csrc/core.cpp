// Picks the fastest instruction set that this machine runs and this build has, and forwards to it. Compiled without
// options for any instruction set.
#include "weft/core.h"

#include <atomic>
#include <cstring>

#include "weft/kernels.h"

namespace weft {

#ifdef WEFT_HAS_AVX512
namespace avx512 {
extern const Kernels kernels;
}
#endif
#ifdef WEFT_HAS_AVX2
namespace avx2 {
extern const Kernels kernels;
}
#endif
namespace portable {
extern const Kernels kernels;
}

namespace {

struct InstructionSet {
    const char* name;
    const Kernels* kernels;
    bool (*runs_here)();  // asks processor and operating system
};

// The fastest first.
const InstructionSet kSets[] = {
#ifdef WEFT_HAS_AVX512
    {"avx512", &avx512::kernels,
     [] {
         return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
                __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
                __builtin_cpu_supports("fma");
     }},
#endif
#ifdef WEFT_HAS_AVX2
    {"avx2", &avx2::kernels, [] { return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"); }},
#endif
    {"portable", &portable::kernels, [] { return true; }},
};

// null where the name is unknown to this build or the machine lacks it
const InstructionSet* find(const char* name) {
    for (const InstructionSet& set : kSets)
        if (std::strcmp(set.name, name) == 0) return set.runs_here() ? &set : nullptr;
    return nullptr;
}

std::atomic<const InstructionSet*>& in_use() {
    static std::atomic<const InstructionSet*> chosen{[] {
        const InstructionSet* set = kSets;
        while (!set->runs_here()) ++set;  // the last one runs everywhere
        return set;
    }()};
    return chosen;
}

const Kernels& kernels() { return *in_use().load(std::memory_order_relaxed)->kernels; }

}  // namespace

int64_t kept_size(const Layer& layer, const Batch& batch) { return kernels().kept_size(layer, batch); }

void forward(const Layer& layer, const Batch& batch, const Input& input, State<const float> start,
             Vectors<float> outputs, State<float> end, float* kept, int threads) {
    kernels().forward(layer, batch, input, start, outputs, end, kept, threads);
}

void backward(const Layer& layer, const Batch& batch, const Input& input, State<const float> start, const float* kept,
              const Gradients& gradients, int threads) {
    kernels().backward(layer, batch, input, start, kept, gradients, threads);
}

void linear_forward(const Recurrence& recurrence, const Batch& batch, Vectors<float> outputs, float* end, int threads) {
    kernels().linear_forward(recurrence, batch, outputs, end, threads);
}

void linear_backward(const Recurrence& recurrence, const Batch& batch, Vectors<const float> h,
                     const LinearGradients& gradients, int threads) {
    kernels().linear_backward(recurrence, batch, h, gradients, threads);
}

void additive_attention(const AdditiveAttention& call, int threads) { kernels().additive_attention(call, threads); }

const StepKernels& step_kernels() { return kernels().steps; }

const char* instructions() { return in_use().load(std::memory_order_relaxed)->name; }

bool has_instructions(const char* name) { return find(name) != nullptr; }

bool use_instructions(const char* name) {
    const InstructionSet* set = find(name);
    if (set != nullptr) in_use().store(set, std::memory_order_relaxed);
    return set != nullptr;
}

}  // namespace weft
