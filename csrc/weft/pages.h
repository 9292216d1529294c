// Memory for packed weights, in pages as large as can be had.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <new>

#ifdef __linux__
#include <sys/mman.h>
#endif

namespace weft {

constexpr size_t kHugePage = size_t{2} << 20;

// All packed numbers in one piece, in pages as large as can be had: a step reads all of it, and in small pages the
// addresses alone overflow the processor's cache of them.
class Pages {
public:
    Pages() = default;
    ~Pages() { std::free(data_); }
    Pages(const Pages&) = delete;
    Pages& operator=(const Pages&) = delete;
    void reserve(size_t bytes) {
        const size_t page = bytes >= kHugePage ? kHugePage : 64;
        const size_t rounded = (bytes + page - 1) / page * page;
        data_ = static_cast<char*>(std::aligned_alloc(page, rounded > 0 ? rounded : page));
        if (data_ == nullptr) throw std::bad_alloc();
#if defined(__linux__) && defined(MADV_HUGEPAGE)
        if (page == kHugePage) madvise(data_, rounded, MADV_HUGEPAGE);
#endif
        used_ = 0;
    }
    // Null while it is measured what will be needed.
    template <class T>
    T* take(int64_t count) {
        char* place = data_ == nullptr ? nullptr : data_ + used_;
        used_ += (static_cast<size_t>(count) * sizeof(T) + 63) / 64 * 64;
        return reinterpret_cast<T*>(place);
    }
    size_t used() const { return used_; }

private:
    char* data_ = nullptr;
    size_t used_ = 0;
};

}  // namespace weft
