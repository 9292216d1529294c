#include "weft/memory.h"

#include <cstdlib>
#include <mutex>
#include <new>

namespace weft {
namespace {

struct Header {
    size_t size;
    Header* next;
};

constexpr size_t kLine = 64;               // the header's place, so that what follows it stays aligned
constexpr size_t kLarge = size_t{1} << 17;  // smaller blocks the system's allocator keeps itself

std::mutex lock;
Header* held = nullptr;  // blocks given back, the last one first
size_t held_bytes = 0;

// Sizes in steps of an eighth: batches of nearly the same size use the same blocks.
size_t rounded(size_t bytes) {
    size_t step = kLine;
    while (step * 16 <= bytes) step *= 2;
    return (bytes + step - 1) / step * step;
}

// The smallest block held that fits and would not waste more than half of itself.
Header* find(size_t size) {
    Header** best = nullptr;
    for (Header** at = &held; *at != nullptr; at = &(*at)->next)
        if ((*at)->size >= size && (*at)->size <= 2 * size && (best == nullptr || (*at)->size < (*best)->size)) best = at;
    if (best == nullptr) return nullptr;
    Header* found = *best;
    *best = found->next;
    held_bytes -= found->size;
    return found;
}

// The blocks given back longest ago go first.
void let_go(size_t bytes) {
    while (held != nullptr && held_bytes > bytes) {
        Header** last = &held;
        while ((*last)->next != nullptr) last = &(*last)->next;
        held_bytes -= (*last)->size;
        std::free(*last);
        *last = nullptr;
    }
}

}  // namespace

void* take_memory(size_t bytes) {
    const size_t size = rounded(bytes + kLine);
    Header* block = nullptr;
    if (size >= kLarge) {
        const std::lock_guard<std::mutex> guard(lock);
        block = find(size);
    }
    if (block == nullptr) {
        block = static_cast<Header*>(std::aligned_alloc(kLine, size));
        if (block == nullptr) throw std::bad_alloc();
        block->size = size;
    }
    return reinterpret_cast<char*>(block) + kLine;
}

void give_memory(void* memory) {
    Header* block = reinterpret_cast<Header*>(static_cast<char*>(memory) - kLine);
    if (block->size < kLarge || block->size > kHeldMemory) return std::free(block);
    const std::lock_guard<std::mutex> guard(lock);
    block->next = held;
    held = block;
    held_bytes += block->size;
    let_go(kHeldMemory);
}

}  // namespace weft
