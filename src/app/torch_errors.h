#pragma once
// LibTorch's exceptions as Errors of one line: theirs carry the stack.

#include <c10/util/Exception.h>

#include <string>

#include "bertforge/base/error.h"

namespace bertforge {

// Runs a command. Error(kEnvironment) where memory ran out, Error(kInternal) for any other exception of LibTorch.
template <class Command>
int explain_torch_errors(const char* advice_on_memory, Command command) {
  try {
    return command();
  } catch (const c10::Error& error) {
    const std::string text = error.what_without_backtrace();
    const std::string line = text.substr(0, text.find('\n'));
    const bool is_memory =
        text.find("allocate memory") != std::string::npos || text.find("out of memory") != std::string::npos;
    if (is_memory) fail(ErrorKind::kEnvironment, "out of memory: ", advice_on_memory, " (", line, ")");
    fail(ErrorKind::kInternal, "internal error in LibTorch: ", line);
  }
}

}  // namespace bertforge
