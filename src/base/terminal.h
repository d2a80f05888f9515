#pragma once
// Standard error as the log and the progress bar share it: one writes at a time.

#include <mutex>
#include <string_view>

namespace bertforge::terminal {

// Erases the line that the cursor is in.
inline constexpr std::string_view kClearLine = "\r\x1b[K";

bool draws();  // Standard error is a terminal, and one that can erase a line.
std::mutex& output_mutex();
void clear_bar();  // REQUIRES: output_mutex() is held.

}  // namespace bertforge::terminal
