// What the build for one instruction set offers. csrc/isa.cpp fills a table for each, csrc/core.cpp picks one.
#pragma once

#include "core.h"
#include "linear.h"
#include "step_plan.h"

namespace weft {

struct Kernels {  // as in core.h and linear.h
    decltype(::weft::kept_size)* kept_size;
    decltype(::weft::forward)* forward;
    decltype(::weft::backward)* backward;
    decltype(::weft::linear_forward)* linear_forward;
    decltype(::weft::linear_backward)* linear_backward;
    StepKernels steps;
};

}  // namespace weft
