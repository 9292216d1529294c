#pragma once

#include <nanobind/nanobind.h>

namespace weft {

void bind_attention(nanobind::module_& module);

}  // namespace weft
