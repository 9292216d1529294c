// Large blocks of memory that are used again: a fresh one costs a page fault every 4 KiB, which can take longer than the
// computation that fills it.
#pragma once

#include <cstddef>

namespace weft {

// A block of at least `bytes`, aligned to cache lines, its contents undefined; throws std::bad_alloc.
void* take_memory(size_t bytes);

// Gives a block back. Up to kHeldMemory bytes stay for the next call, the rest goes to the system.
void give_memory(void* block);

constexpr size_t kHeldMemory = size_t{1} << 30;

}  // namespace weft
