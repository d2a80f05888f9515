// bertforge sweep SWEEP.toml [--list]

#include <spawn.h>
#include <sys/wait.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <iostream>

#include "bertforge/app/command_line.h"
#include "bertforge/base/error.h"
#include "bertforge/base/files.h"
#include "bertforge/base/log.h"
#include "bertforge/checkpoint/paths.h"
#include "bertforge/distributed/job.h"
#include "bertforge/report/comparison.h"
#include "command_functions.h"
#include "sweep.h"

extern char** environ;

namespace bertforge {
namespace {

struct SweepOptions {
  std::string file;
  bool only_lists = false;
  std::vector<Override> settings;  // Of the command line, for all runs.
};

// The arguments of `bertforge pretrain` that make the run.
Arguments pretrain_arguments(const SweepRun& run, const std::filesystem::path& output,
                             const std::vector<Override>& settings) {
  Arguments arguments = {"pretrain"};
  for (const std::string& file : run.config_files) arguments.insert(arguments.end(), {"--config", file});
  const auto add = [&](const Override& setting) {
    arguments.push_back(concat("--", setting.path, setting.has_value ? concat("=", setting.value) : ""));
  };
  for (const Override& setting : run.settings) add(setting);
  for (const Override& setting : settings) add(setting);
  arguments.insert(arguments.end(), {"--output", (output / run.name).string()});
  return arguments;
}

// SIGTERM goes on to the run that is under way; Ctrl-C and a closed terminal reach it by themselves.
std::atomic<pid_t> run_under_way = 0;
static_assert(std::atomic<pid_t>::is_always_lock_free);

void pass_on(int signal) {
  if (const pid_t process = run_under_way; process != 0) kill(process, signal);
}

// A process of its own for each run: its memory, threads and log end with it. Returns its exit code.
int run_program_again(const Arguments& arguments) {
  const std::string program = std::filesystem::read_symlink("/proc/self/exe").string();
  std::vector<std::string> texts = {program};
  texts.insert(texts.end(), arguments.begin(), arguments.end());
  std::vector<char*> pointers;
  for (std::string& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);

  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t heeded;  // Which this process ignores, and the run must not.
  sigemptyset(&heeded);
  sigaddset(&heeded, SIGINT);
  posix_spawnattr_setsigdefault(&attributes, &heeded);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
  pid_t child = 0;
  const int error = posix_spawn(&child, program.c_str(), nullptr, &attributes, pointers.data(), environ);
  posix_spawnattr_destroy(&attributes);
  if (error != 0) fail(ErrorKind::kEnvironment, program, " cannot be started: ", std::strerror(error));

  run_under_way = child;
  int status = 0;
  while (waitpid(child, &status, 0) < 0) {
    if (errno != EINTR) fail(ErrorKind::kEnvironment, "waiting for a run: ", std::strerror(errno));
  }
  run_under_way = 0;
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

// The table of bertforge compare. A run that diverged at its very beginning has no figures, and no row.
void print_comparison(const std::vector<SweepRun>& runs, const std::filesystem::path& output) {
  std::vector<RunRecord> records;
  for (const SweepRun& run : runs) {
    const std::filesystem::path folder = output / run.name;
    if (!path_exists(RunPaths{folder}.metrics_jsonl())) continue;
    try {
      records.push_back(read_run(folder));
    } catch (const Error& error) {  // The runs are made all the same.
      log_warning(error.what(), "; the table is without this run");
    }
  }
  if (!records.empty()) std::cout << comparison_text(compare_runs(std::move(records)));
}

int sweep(const SweepOptions& options) {
  const SweepConfig config = read_sweep_file(options.file);
  const std::vector<SweepRun> runs = plan_sweep(config);
  if (options.only_lists) {
    for (const SweepRun& run : runs) std::cout << run.name << '\n';
    return 0;
  }
  if (const auto job = find_job(); job && job->num_ranks > 1) {
    fail(ErrorKind::kUsage, "a sweep is one process, and ", job->launcher, " started ", job->num_ranks,
         "; start it without a launcher, or its runs by pretrain with one");
  }
  std::signal(SIGINT, SIG_IGN);
  std::signal(SIGTERM, pass_on);
  int diverged = 0;
  for (std::size_t i = 0; i < runs.size(); ++i) {
    log_info("sweep: run ", i + 1, " of ", runs.size(), ", ", runs[i].name);
    const int code = run_program_again(pretrain_arguments(runs[i], config.output, options.settings));
    if (code == static_cast<int>(ErrorKind::kDiverged)) {
      log_warning("sweep: run ", runs[i].name, " diverged; the others go on");
      diverged = code;
    } else if (code != 0) {
      log_info("sweep: run ", runs[i].name, " ended with code ", code, "; the same command goes on from there");
      return code;
    }
  }
  log_info("sweep: all ", runs.size(),
           " runs are made; their comparison, of which bertforge compare --output makes a page:");
  print_comparison(runs, config.output);
  return diverged;
}

}  // namespace

int sweep_command(const Arguments& arguments) {
  SweepOptions options;
  Arguments others = arguments;
  options.settings = take_overrides(others);
  CommandLine line("sweep",
                   "Trains the runs that a sweep file lists, one after the other, each in its folder.\n"
                   "What is complete is not made again, and a run that was stopped goes on.\n"
                   "At the end it prints the table of bertforge compare.\n"
                   "Settings on the command line hold for all runs.");
  line.argument("SWEEP", options.file, "The sweep file (TOML): docs/sweeps.md");
  line.options().add("--list", options.only_lists, "Print the names of the runs and stop");
  if (!line.parse(others)) return 0;
  return sweep(options);
}

}  // namespace bertforge
