#pragma once
// Signals as requests. SIGINT, SIGTERM and SIGHUP (a closed terminal): the first one asks the program to finish its
// step, save and leave; a second one ends it. SIGUSR1 asks it to save and go on. Where nothing is saved on the way, a
// StopNotice lets them end the program with a line.

#include <filesystem>
#include <string>
#include <string_view>

namespace bertforge {

// From now on the signals set the request instead of ending the program.
void install_stop_signals();

// The signal that asked to stop; 0 while none did. The exit code is then 128 + the signal.
int stop_signal();

// Whether SIGUSR1 has come since the last call.
bool take_save_request();

// While one lives, SIGINT, SIGTERM and SIGHUP end the program at once: with `line` on standard error, as main writes
// errors, and the code 128 + the signal. Of several, the one made last counts. What is ignored stays so.
class StopNotice {
 public:
  explicit StopNotice(std::string_view line);
  ~StopNotice();  // The signals are again what they were before it.
  StopNotice(const StopNotice&) = delete;
  StopNotice& operator=(const StopNotice&) = delete;

 private:
  const std::string* before_;
};

// What a notice says while a StagedFile or StagedFolder is filled. `deed`: "building".
std::string unfinished_notice(std::string_view deed, const std::filesystem::path& final_path);

// For tests, and for what asks the program to stop from within.
void request_stop(int signal);
void clear_stop_request();

}  // namespace bertforge
