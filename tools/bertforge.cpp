// The program `bertforge`: src/app/commands.cpp lists what it does.

#include <malloc.h>

#include <csignal>
#include <exception>
#include <filesystem>
#include <iostream>
#include <new>
#include <string>
#include <system_error>

#include "bertforge/app/program.h"
#include "bertforge/base/error.h"
#include "bertforge/base/progress.h"

namespace {

// glibc returns large blocks to the system and takes them again, page fault by page fault, at every training step: a
// fifth of its time. Let it keep them.
void keep_freed_memory() {
  mallopt(M_MMAP_THRESHOLD, 1 << 30);
  mallopt(M_TRIM_THRESHOLD, 2047 << 20);
  mallopt(M_TOP_PAD, 64 << 20);
}

int report(const char* message, bertforge::ErrorKind kind) {
  bertforge::clear_progress_line();
  std::cerr << "bertforge: " << message << '\n';
  return static_cast<int>(kind);
}

int run(int argc, char** argv) {
  const int code = bertforge::run_program({argv + 1, argv + argc});
  if (!std::cout.flush()) bertforge::fail(bertforge::ErrorKind::kEnvironment, "standard output cannot be written");
  return code;
}

}  // namespace

int main(int argc, char** argv) {
  keep_freed_memory();
  std::signal(SIGPIPE, SIG_DFL);  // `| head` ends us quietly, whatever we were started with.
  std::signal(SIGXFSZ, SIG_IGN);  // A file that may grow no further is a write that fails.
  std::ios::sync_with_stdio(false);
  try {
    return run(argc, argv);
  } catch (const bertforge::Error& error) {
    return report(error.what(), error.kind());
  } catch (const std::bad_alloc&) {
    return report("out of memory", bertforge::ErrorKind::kEnvironment);
  } catch (const std::filesystem::filesystem_error& error) {
    return report((error.path1().string() + ": " + error.code().message()).c_str(), bertforge::ErrorKind::kEnvironment);
  } catch (const std::system_error& error) {
    return report(error.what(), bertforge::ErrorKind::kEnvironment);
  } catch (const std::exception& error) {
    return report(error.what(), bertforge::ErrorKind::kInternal);
  }
}
