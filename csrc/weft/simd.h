// Vectors of floats as wide as the instruction set, from the compiler's vector extensions: the same source for every
// width. WEFT_WIDTH (floats a vector) and WEFT_ISA (a namespace a set) come from the build.
//
// Files compiled for an instruction set use no inline functions of the standard library but those of std::atomic, which
// leave no copy: of others the linker may keep the one with the newest instructions for everybody.
#pragma once

#include <cstdint>
#include <cstring>

namespace weft {
namespace WEFT_ISA {

constexpr int W = WEFT_WIDTH;

typedef float Floats __attribute__((vector_size(WEFT_WIDTH * 4)));
typedef int32_t Ints __attribute__((vector_size(WEFT_WIDTH * 4)));
typedef float LooseFloats __attribute__((vector_size(WEFT_WIDTH * 4), aligned(4), may_alias));

inline Floats load(const float* from) { return *reinterpret_cast<const LooseFloats*>(from); }
inline void store(float* to, Floats value) { *reinterpret_cast<LooseFloats*>(to) = value; }

inline Floats load_some(const float* from, int count) {  // the rest is zero
    if (count >= W) return load(from);
    Floats value = {};
    std::memcpy(&value, from, sizeof(float) * count);
    return value;
}
inline void store_some(float* to, Floats value, int count) {
    if (count >= W) return store(to, value);
    std::memcpy(to, &value, sizeof(float) * count);
}

inline Ints bits(Floats value) { return (Ints)value; }  // casts between vectors keep the bits
inline Floats floats(Ints value) { return (Floats)value; }
inline Floats where(Ints mask, Floats yes, Floats no) { return mask ? yes : no; }
inline Floats every(float value) { return value - Floats{}; }  // x - 0 costs nothing; 0 + x is an addition: -0
inline Floats magnitude(Floats x) { return floats(bits(x) & 0x7fffffff); }

// e^x within 2 units in the last place on [-87, 88], beyond which it stays as it is there. NaN stays NaN.
inline Floats exp(Floats x) {
    const Floats least = every(-87.0f), most = every(88.0f);
    const Floats clamped = where(x < least, least, where(x > most, most, x));
    const Floats shift = every(12582912.0f);  // 1.5 * 2^23: adding it rounds to a whole number in the low bits
    const Floats whole = clamped * 1.44269504f + shift;
    const Floats n = whole - shift;
    const Floats r = (clamped - n * 0.693145752f) - n * 1.42860677e-6f;
    // (e^r - 1 - r) / r^2 on |r| <= ln 2 / 2: minimax fit of degree 4, relative error 3e-9
    const Floats p =
        (((r * 0.001381314738f + 0.008369418765f) * r + 0.04166845673f) * r + 0.1666651479f) * r + 0.4999999305f;
    const Floats e = (r * r) * p + r + 1.0f;
    return e * floats((bits(whole) - (0x4b400000 - 127)) << 23);  // times 2^n: n goes into an exponent
}

inline Floats sigmoid(Floats x) { return 1.0f / (1.0f + exp(-x)); }

// Within 2 units in the last place, also near zero, where 1 - 2 / (e^2x + 1) would lose all digits.
inline Floats tanh(Floats x) {
    const Floats a = magnitude(x);
    const Floats z = x * x;
    // (tanh x / x - 1) / x^2 on |x| <= 0.625: minimax fit of degree 4 in x^2, relative error 4e-9
    const Floats p =
        (((z * -0.005717050084f + 0.02065059235f) * z - 0.05374349987f) * z + 0.1333149131f) * z - 0.3333328393f;
    const Floats near = x + x * z * p;
    const Floats far = 1.0f - 2.0f / (exp(a + a) + 1.0f);
    const Floats signed_far = floats(bits(far) | (bits(x) & static_cast<int32_t>(0x80000000)));
    return where(a < 0.625f, near, signed_far);
}

inline Floats relu(Floats x) { return where(x < 0.0f, Floats{}, x); }  // NaN stays NaN

// The first and the second halves of a and b, lane by lane in turns.
#if WEFT_WIDTH == 16
inline Floats low_turns(Floats a, Floats b) {
    return __builtin_shufflevector(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
}
inline Floats high_turns(Floats a, Floats b) {
    return __builtin_shufflevector(a, b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
}
#elif WEFT_WIDTH == 8
inline Floats low_turns(Floats a, Floats b) { return __builtin_shufflevector(a, b, 0, 8, 1, 9, 2, 10, 3, 11); }
inline Floats high_turns(Floats a, Floats b) { return __builtin_shufflevector(a, b, 4, 12, 5, 13, 6, 14, 7, 15); }
#else
inline Floats low_turns(Floats a, Floats b) { return __builtin_shufflevector(a, b, 0, 4, 1, 5); }
inline Floats high_turns(Floats a, Floats b) { return __builtin_shufflevector(a, b, 2, 6, 3, 7); }
#endif

// Rows become columns, in place: log2 W rounds of taking turns.
inline void transpose(Floats* square) {
    for (int round = 1; round < W; round *= 2) {
        Floats turned[W];
        for (int i = 0; i < W / 2; ++i) {
            turned[2 * i] = low_turns(square[i], square[i + W / 2]);
            turned[2 * i + 1] = high_turns(square[i], square[i + W / 2]);
        }
        for (int i = 0; i < W; ++i) square[i] = turned[i];
    }
}

inline void copy(float* to, const float* from, int count) {
    int done = 0;
    for (; done + W <= count; done += W) store(to + done, load(from + done));
    if (done < count) std::memcpy(to + done, from + done, sizeof(float) * (count - done));
}

inline float sum(Floats value) {
    float total = 0.0f;
    for (int lane = 0; lane < W; ++lane) total += value[lane];
    return total;
}

}  // namespace WEFT_ISA
}  // namespace weft
