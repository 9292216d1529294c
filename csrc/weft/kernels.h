// What the build for one instruction set offers. csrc/isa.cpp fills a table for each, csrc/core.cpp picks one.
#pragma once

#include "attention.h"
#include "core.h"
#include "linear.h"
#include "step_plan.h"

namespace weft {

struct Kernels {  // as in core.h, linear.h and attention.h
    decltype(::weft::kept_size)* kept_size;
    decltype(::weft::forward)* forward;
    decltype(::weft::backward)* backward;
    decltype(::weft::linear_forward)* linear_forward;
    decltype(::weft::linear_backward)* linear_backward;
    decltype(::weft::additive_attention)* additive_attention;
    StepKernels steps;
};

}  // namespace weft
