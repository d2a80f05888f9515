#pragma once
// Signals as requests. SIGINT, SIGTERM and SIGHUP (a closed terminal): the first one asks the program to finish its
// step, save and leave, and is answered with a line at once; another one ends it, unless it comes within a second: keys
// bounce, and launchers signal a process and its group. SIGUSR1 asks it to save and go on. Where nothing is saved on the way, a
// StopNotice lets them end the program with a line.

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

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
  ~StopNotice();  // A signal then does what it did before: ends the program, or is a request.
  StopNotice(const StopNotice&) = delete;
  StopNotice& operator=(const StopNotice&) = delete;

 private:
  const std::string* before_;
};

// What a notice says while StagedFiles or StagedFolders are filled; the first of `final_paths` is what is wanted. `deed`:
// "building".
std::string unfinished_notice(std::string_view deed, const std::vector<std::filesystem::path>& final_paths);

// As SIGUSR1 does.
void request_save();

// For tests, and for what asks the program to stop from within. A signal that comes behind it is the first.
void request_stop(int signal);
void clear_stop_request();

}  // namespace bertforge
