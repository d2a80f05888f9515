#pragma once
// LibTorch's exceptions as Errors of one line: theirs carry the stack.

#include <c10/util/Exception.h>

#include <string>

#include "bertforge/base/error.h"
#include "bertforge/model/device.h"

namespace bertforge {

// Runs a command. Error(kEnvironment) where memory ran out, Error(kInternal) for any other exception of LibTorch.
template <class Command>
int explain_torch_errors(const char* advice_on_memory, Command command) {
  try {
    return command();
  } catch (const c10::Error& error) {
    const std::string line = first_line(error.what_without_backtrace());
    if (is_out_of_memory(error)) fail(ErrorKind::kEnvironment, "out of memory: ", advice_on_memory, " (", line, ")");
    fail(ErrorKind::kInternal, "internal error in LibTorch: ", line);
  }
}

}  // namespace bertforge
