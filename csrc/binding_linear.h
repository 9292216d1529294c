#pragma once

#include <nanobind/nanobind.h>

namespace weft {

void bind_linear(nanobind::module_& module);

}  // namespace weft
