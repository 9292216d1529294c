// The core for one instruction set. Compiled once for each, with WEFT_ISA its name, WEFT_WIDTH its floats a vector and
// the compiler's options for it; everything lies in namespace weft::WEFT_ISA.
#include "weft/additive.h"
#include "weft/kernels.h"
#include "weft/layers.h"
#include "weft/multiply.h"
#include "weft/scan.h"
#include "weft/step.h"

namespace weft {
namespace WEFT_ISA {

extern const Kernels kernels;  // for core.cpp; without this line a constant would stay in its file
const Kernels kernels = {kept_size, forward, backward, linear_forward, linear_backward, additive_attention,
                         {W, pack, pack_small, pack_start, project, multiply, step, largest, weigh}};

}  // namespace WEFT_ISA
}  // namespace weft
