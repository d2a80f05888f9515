#pragma once
// Signals as requests. SIGINT, SIGTERM and SIGHUP (a closed terminal): the first one asks the program to finish its
// step, save and leave; a second one ends it. SIGUSR1 asks it to save and go on.

namespace bertforge {

// From now on the signals set the request instead of ending the program.
void install_stop_signals();

// The signal that asked to stop; 0 while none did. The exit code is then 128 + the signal.
int stop_signal();

// Whether SIGUSR1 has come since the last call.
bool take_save_request();

// For tests, and for what asks the program to stop from within.
void request_stop(int signal);
void clear_stop_request();

}  // namespace bertforge
