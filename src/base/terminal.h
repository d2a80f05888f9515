#pragma once
// Standard error as the log and the progress bar share it: one writes at a time.

#include <mutex>

namespace bertforge::terminal {

std::mutex& output_mutex();
void clear_bar();  // REQUIRES: output_mutex() is held.

}  // namespace bertforge::terminal
