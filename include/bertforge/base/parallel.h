#pragma once
// Work spread over threads, with results that do not depend on how many there are.

#include <cstddef>
#include <functional>

namespace bertforge {

// The number of threads to use: `requested`, or what the machine has where it is 0.
int resolve_num_threads(int requested);

// Calls body(i) for every i in [0, num_items), on up to `num_threads` threads, each item once, in no fixed order. The
// first exception (of the smallest item that threw one) is thrown again here after all threads have stopped.
void parallel_for(std::size_t num_items, int num_threads, const std::function<void(std::size_t)>& body);

}  // namespace bertforge
