// Arrays that notice who writes beside them: guards on both sides, checked on demand, and under AddressSanitizer out of
// bounds for readers too. They begin at odd places, as the numbers inside a tensor may.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#endif

namespace weft {
namespace checks {

// A NaN that no computation makes: memory that holds it was not written.
constexpr uint32_t kUntouched = 0x7fc0da7a;

inline float untouched() {
    float value;
    std::memcpy(&value, &kUntouched, sizeof(value));
    return value;
}
inline bool is_untouched(float value) {
    uint32_t bits;
    std::memcpy(&bits, &value, sizeof(bits));
    return bits == kUntouched;
}

template <class T>
class Guarded {
public:
    Guarded() : Guarded(0, 0, T{}) {}
    Guarded(size_t count, size_t offset, T value)
        : memory_(count + 2 * kGuard + 16), first_(kGuard + offset % 16), count_(count) {
        std::memset(memory_.data(), kPattern, memory_.size() * sizeof(T));
        for (size_t i = 0; i < count; ++i) memory_[first_ + i] = value;
        shut(true);
    }
    ~Guarded() { shut(false); }
    Guarded(const Guarded&) = delete;
    Guarded& operator=(const Guarded&) = delete;

    T* data() { return memory_.data() + first_; }
    const T* data() const { return memory_.data() + first_; }
    T& operator[](size_t i) { return data()[i]; }
    const T& operator[](size_t i) const { return data()[i]; }
    size_t size() const { return count_; }

    bool guards_hold() {
        shut(false);
        const auto* bytes = reinterpret_cast<const unsigned char*>(memory_.data());
        bool hold = true;
        for (size_t i = 0; i < first_ * sizeof(T); ++i) hold &= bytes[i] == kPattern;
        for (size_t i = (first_ + count_) * sizeof(T); i < memory_.size() * sizeof(T); ++i) hold &= bytes[i] == kPattern;
        shut(true);
        return hold;
    }

private:
    static constexpr size_t kGuard = 128;
    static constexpr unsigned char kPattern = 0xa5;

    void shut(bool closed) {
#if defined(__SANITIZE_ADDRESS__)
        const T* const end = data() + count_;
        const size_t after = (memory_.data() + memory_.size() - end) * sizeof(T);
        const auto change = closed ? __asan_poison_memory_region : __asan_unpoison_memory_region;
        change(memory_.data(), first_ * sizeof(T));
        change(end, after);
#else
        (void)closed;
#endif
    }

    std::vector<T> memory_;
    size_t first_, count_;
};

}  // namespace checks
}  // namespace weft
