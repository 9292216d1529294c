// The blocks of csrc/memory.cpp from several threads: aligned, each its owner's alone, used again, and never more held
// than promised.
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <random>
#include <thread>
#include <vector>

#include "weft/memory.h"

namespace {

struct Owned {
    unsigned char* block;
    size_t bytes;
    unsigned char mark;
};

bool whole(const Owned& owned) {
    for (size_t i = 0; i < owned.bytes; i += 61)
        if (owned.block[i] != owned.mark) return false;
    return owned.bytes == 0 || owned.block[owned.bytes - 1] == owned.mark;
}

// Takes and gives blocks of all sizes, each filled with a mark of its own. False when one was not as it was left.
bool churn(unsigned seed, int rounds) {
    std::mt19937 engine(seed);
    std::vector<Owned> all;
    bool well = true;
    for (int round = 0; round < rounds; ++round) {
        if (all.size() > 12 || (!all.empty() && engine() % 2 == 0)) {
            const size_t place = engine() % all.size();
            well &= whole(all[place]);
            weft::give_memory(all[place].block);
            all.erase(all.begin() + static_cast<std::ptrdiff_t>(place));
            continue;
        }
        const size_t bytes = engine() % (size_t{1} << (engine() % 22));
        const Owned owned = {static_cast<unsigned char*>(weft::take_memory(bytes)), bytes, static_cast<unsigned char>(engine())};
        well &= reinterpret_cast<uintptr_t>(owned.block) % 64 == 0;
        std::memset(owned.block, owned.mark, bytes);
        all.push_back(owned);
    }
    for (const Owned& each : all) well &= whole(each), weft::give_memory(each.block);
    return well;
}

bool block_is_used_again() {
    void* const first = weft::take_memory(3000000);
    weft::give_memory(first);
    void* const second = weft::take_memory(2900000);
    weft::give_memory(second);
    return first == second;
}

}  // namespace

int main() {
    bool well = block_is_used_again();
    bool each[4] = {};
    std::vector<std::thread> threads;
    for (unsigned i = 0; i < 4; ++i) threads.emplace_back([i, &each] { each[i] = churn(i, 3000); });
    for (std::thread& thread : threads) thread.join();
    for (bool one : each) well &= one;
    std::puts(well ? "memory holds" : "memory does not hold what it promises");
    return well ? 0 : 1;
}
