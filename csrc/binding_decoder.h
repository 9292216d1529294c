#pragma once

#include <nanobind/nanobind.h>

namespace weft {

void bind_decoder(nanobind::module_& module);

}  // namespace weft
