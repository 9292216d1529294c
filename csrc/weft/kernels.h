// What the build for one instruction set offers. csrc/isa.cpp fills a table for each, csrc/core.cpp picks one.
#pragma once

#include "core.h"
#include "step_plan.h"

namespace weft {

struct Kernels {  // as in core.h
    decltype(::weft::kept_size)* kept_size;
    decltype(::weft::forward)* forward;
    decltype(::weft::backward)* backward;
    StepKernels steps;
};

}  // namespace weft
