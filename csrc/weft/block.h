// Memory for one call, given back at the end of its scope.
#pragma once

#include <cstdint>

#include "memory.h"

namespace weft {
namespace WEFT_ISA {

template <class T>
class Block {
public:
    explicit Block(int64_t count) : data_(static_cast<T*>(take_memory(static_cast<size_t>(count) * sizeof(T)))) {}
    ~Block() { give_memory(data_); }
    Block(const Block&) = delete;
    Block& operator=(const Block&) = delete;
    operator T*() const { return data_; }

private:
    T* const data_;
};

}  // namespace WEFT_ISA
}  // namespace weft
