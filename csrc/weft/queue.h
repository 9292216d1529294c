// The panels of one stage, shared out among the members of a team. Each has a range of its own, so that its weights stay
// in its core's cache from step to step; who has finished takes from the others. A member that comes late, because its
// thread slept or lost its core to another program, finds its work done instead of being waited for.
#pragma once

#include "team.h"

namespace weft {
namespace WEFT_ISA {

// One counter to a cache line.
struct alignas(64) Line {
    std::atomic<int> count;
};

class Queue {
public:
    // Lines of memory that the queues of so many stages take.
    static int64_t lines(int stages, int members) { return int64_t{stages} * (members + 1); }

    Queue(Line* memory, int stage, int members, int panels)
        : lines_(memory + int64_t{stage} * (members + 1)), members_(members), panels_(panels) {}

    int panels() const { return panels_; }
    void reset() const {
        for (int i = 0; i <= members_; ++i) lines_[i].count.store(0, std::memory_order_relaxed);
    }

    // The next panel for a member, its own ones first; -1 when all are taken.
    int claim(int member) const {
        for (int i = 0; i < members_; ++i) {
            const int owner = member + i < members_ ? member + i : member + i - members_;
            const Share share = share_of(panels_, owner, members_);
            std::atomic<int>& taken = lines_[owner].count;
            if (taken.load(std::memory_order_relaxed) >= share.end - share.begin) continue;
            const int panel = share.begin + taken.fetch_add(1, std::memory_order_relaxed);
            if (panel < share.end) return panel;
        }
        return -1;
    }
    void done(int panels) const { lines_[members_].count.fetch_add(panels, std::memory_order_acq_rel); }
    void wait() const {
        for (int spins = 0; lines_[members_].count.load(std::memory_order_acquire) < panels_; ++spins)
            Team::pause(spins);
    }

private:
    Line* lines_;
    int members_, panels_;
};

}  // namespace WEFT_ISA
}  // namespace weft
