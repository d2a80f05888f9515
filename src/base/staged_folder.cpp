#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "bertforge/base/error.h"
#include "bertforge/base/files.h"
#include "bertforge/base/log.h"
#include "system_calls.h"

namespace bertforge {
namespace {

namespace fs = std::filesystem;

// "out/" and "out/." are "out"; "." and ".." get the names of the folders that they are.
fs::path named_path(fs::path path) {
  path = path.lexically_normal();
  if (path == "." || path.filename() == "..") path = fs::absolute(path).lexically_normal();
  return path.has_filename() ? path : path.parent_path();
}

fs::path with_suffix(fs::path path, std::string_view suffix) { return path += suffix; }

// Errors of std::filesystem as ours.
template <class Action>
void in_folder(const fs::path& path, const char* deed, Action action) {
  try {
    action();
  } catch (const fs::filesystem_error& error) {
    system_calls::fail_error(path, deed, error.code().value());
  }
}

void flush_tree(const fs::path& folder) {
  in_folder(folder, "cannot be flushed to disk", [&] {
    for (const fs::directory_entry& entry : fs::recursive_directory_iterator(folder)) {
      if (!entry.is_symlink() && (entry.is_directory() || entry.is_regular_file()))
        system_calls::flush_path(entry.path());
    }
  });
  system_calls::flush_path(folder);
}

void rename_or_fail(const fs::path& from, const fs::path& to) {
  if (rename(from.c_str(), to.c_str()) != 0) system_calls::fail_errno(to, "cannot be put in place");
}

// Exchanges two folders in one step, so that at every moment there is one under each name.
bool exchange(const fs::path& a, const fs::path& b) {
  return renameat2(AT_FDCWD, a.c_str(), AT_FDCWD, b.c_str(), RENAME_EXCHANGE) == 0;
}

// `fresh` takes the place of the folder `old`, which is removed.
void replace_folder(const fs::path& fresh, const fs::path& old) {
  fs::path side = fresh;
  if (!exchange(fresh, old)) {  // A file system without it.
    side = with_suffix(old, ".old");
    in_folder(side, "cannot be removed", [&] { fs::remove_all(side); });
    rename_or_fail(old, side);
    rename_or_fail(fresh, old);
  }
  system_calls::flush_path(system_calls::folder_of(old));
  std::error_code error;
  fs::remove_all(side, error);
  if (error) log_warning(side.string(), " cannot be removed: ", error.message(), "; nothing needs it any more");
}

// Whether `path` is still the folder that `descriptor` has open: its owner may have published or removed it meanwhile.
bool is_still(const fs::path& path, int descriptor) {
  struct stat opened = {}, named = {};
  return fstat(descriptor, &opened) == 0 && stat(path.c_str(), &named) == 0 && opened.st_dev == named.st_dev &&
         opened.st_ino == named.st_ino;
}

// Makes the folder where there is none, and locks it. Returns the descriptor that holds the lock.
int make_locked(const fs::path& path) {
  constexpr int kMaxTries = 100;
  for (int i = 0; i < kMaxTries; ++i) {
    make_folders(path);
    const int descriptor = open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor < 0) {
      if (errno == ENOENT) continue;  // Gone since it was made, whoever may have made it again by now.
      system_calls::fail_errno(path, "cannot be opened");
    }
    // File systems without locks do without.
    const bool busy = flock(descriptor, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK;
    if (!busy && is_still(path, descriptor)) return descriptor;
    close(descriptor);
    if (busy) break;
  }
  fail(ErrorKind::kEnvironment, path.string(), " is being written by another process; wait until it has ended");
}

}  // namespace

fs::path partial_path(const fs::path& final_path) { return with_suffix(named_path(final_path), kPartialSuffix); }

StagedFolder::StagedFolder(fs::path final_path, bool replace)
    : final_(named_path(std::move(final_path))), partial_(partial_path(final_)), replace_(replace) {
  if (final_.empty()) fail(ErrorKind::kUsage, "the name of the folder to make is empty");
  in_folder(final_, "cannot be used", [&] {
    if (!fs::exists(final_)) return;
    require_folder(final_);
    if (!replace && !fs::is_empty(final_)) {
      fail(ErrorKind::kUsage, final_.string(), " exists and is not empty; name another folder, or remove this one");
    }
  });
  lock_ = make_locked(partial_);
  try {
    in_folder(partial_, "cannot be emptied", [&] {
      if (fs::is_empty(partial_)) return;
      log_info(partial_.string(), ": left by a run that was stopped; starting afresh");
      for (const fs::directory_entry& entry : fs::directory_iterator(partial_)) fs::remove_all(entry.path());
    });
  } catch (...) {
    close(lock_);
    throw;
  }
}

StagedFolder::~StagedFolder() {
  if (!published_) {
    std::error_code ignored;
    fs::remove_all(partial_, ignored);
  }
  if (lock_ >= 0) close(lock_);
}

void StagedFolder::publish() {
  BERTFORGE_CHECK(!published_, final_.string(), " was published before");
  flush_tree(partial_);
  if (replace_ && path_exists(final_)) {
    replace_folder(partial_, final_);
  } else {
    rename_or_fail(partial_, final_);
    system_calls::flush_path(system_calls::folder_of(final_));
  }
  published_ = true;
}

}  // namespace bertforge
