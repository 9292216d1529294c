// Threads: OpenMP's team, which in a Python process is the one torch computes with, so that the two never fight for a
// core. Without OpenMP everything runs on the caller's thread.
#pragma once

#include <atomic>

#ifdef _OPENMP
#include <omp.h>
#include <sched.h>
#endif

namespace weft {
namespace WEFT_ISA {

// The members of a team meet at `meet`: nobody goes on before all have come.
class Team {
public:
    void gather(int size) { size_ = size; }  // before anybody meets
    int size() const { return size_; }

    void meet() {
        if (size_ == 1) return;
        const unsigned round = round_.load(std::memory_order_relaxed);
        if (arrived_.fetch_add(1, std::memory_order_acq_rel) + 1 == size_) {
            arrived_.store(0, std::memory_order_relaxed);
            round_.store(round + 1, std::memory_order_release);
            return;
        }
        // Waits are far shorter than waking a sleeping thread, unless a member has lost its core to another program.
        for (int spins = 0; round_.load(std::memory_order_acquire) == round; ++spins) pause(spins);
    }

    // One turn of a loop that waits for another member.
    static void pause(int spins) {
#ifdef _OPENMP
        if (spins > kPatience) {
            sched_yield();
            return;
        }
#endif
#if defined(__x86_64__) || defined(__i386__)
        __builtin_ia32_pause();
#elif defined(__aarch64__)
        __asm__ volatile("yield");
#endif
        (void)spins;
    }

private:
    static constexpr int kPatience = 2000;
    int size_ = 1;
    alignas(64) std::atomic<int> arrived_{0};
    alignas(64) std::atomic<unsigned> round_{0};
};

// Whole numbers [begin, end) of one member's share.
struct Share {
    int begin, end;
};

inline Share share_of(int count, int member, int members) {
    return {static_cast<int>(static_cast<long long>(count) * member / members),
            static_cast<int>(static_cast<long long>(count) * (member + 1) / members)};
}

// Runs work(member, team) on every member of a team of at most `threads`. Work must not throw: memory is taken before.
template <class Work>
void in_team(int threads, const Work& work) {
#ifdef _OPENMP
    if (threads > 1 && !omp_in_parallel()) {
        // OpenMP may give fewer threads than asked for; a team that waits for absent members would wait for ever.
        Team team;
#pragma omp parallel num_threads(threads)
        {
#pragma omp single
            team.gather(omp_get_num_threads());
            work(omp_get_thread_num(), team);
        }
        return;
    }
#endif
    (void)threads;
    Team alone;
    work(0, alone);
}

}  // namespace WEFT_ISA
}  // namespace weft
