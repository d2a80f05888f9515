#pragma once
// Work in parts, dealt out to threads as they come.
//
// Fed by the fused paths of model and train. Measured on two cores only.

#include <cstdint>
#include <functional>

namespace bertforge {

// Calls body(begin, end) for parts of `part` items of `count`, on all of LibTorch's threads; at::get_thread_num() tells
// bodies apart. Who is done takes the next part: a CPU is seldom ours alone, and with equal shares each step of a model
// waits for the slowest thread. REQUIRES: part > 0; what a body does depends neither on its thread nor on the order. Within
// a part all parts are done by its thread, whose number LibTorch then calls 0.
void for_each_part(std::int64_t count, std::int64_t part,
                   const std::function<void(std::int64_t begin, std::int64_t end)>& body);

}  // namespace bertforge
