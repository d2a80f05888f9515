#include "introduction.h"

#include <unistd.h>

#include <algorithm>
#include <sstream>

#include "bertforge/base/error.h"
#include "bertforge/base/log.h"
#include "store_waits.h"
#include "watch.h"

namespace bertforge {
namespace {

constexpr const char* kWelcome = "welcome";  // The answer's first line; the names follow, a line each.
constexpr const char* kAnswerKey = "answer";
constexpr const char* kAnswerHeardKey = "answer/heard";  // By how many ranks
constexpr std::size_t kLongestLine = 300;

std::string hello_key(int rank) { return "hello/" + std::to_string(rank); }

std::string own_name(const Job& job) {
  char host[256] = {};
  gethostname(host, sizeof host - 1);
  return concat("rank ", job.rank, " (", host, ", process ", getpid(), ")");
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

class Introduction {
 public:
  Introduction(c10d::Store& store, const Job& job, const std::string& identity, std::chrono::milliseconds timeout)
      : store_(store), job_(job), identity_(identity), timeout_(timeout) {}

  std::vector<std::string> run() {
    store_.set(hello_key(job_.rank), concat(identity_, "\n", job_.num_ranks, "\n", own_name(job_)));
    const bool is_first = job_.rank == 0;
    if (is_first) store_.set(kAnswerKey, answer());
    const std::string answer = in_time(kAnswerKey, "rank 0 has not answered");
    store_.add(kAnswerHeardKey, 1);
    const std::vector<std::string> lines = lines_of(answer);
    if (std::ssize(lines) == job_.num_ranks + 1 && lines.front() == kWelcome) return {lines.begin() + 1, lines.end()};
    if (is_first) wait_for_all(store_, kAnswerHeardKey, job_.num_ranks, kToBeHeard);
    fail(ErrorKind::kEnvironment, first_line(answer));
  }

 private:
  // Rank 0's: kWelcome and the names, or why the job cannot begin.
  std::string answer() const {
    std::string names = concat(kWelcome, "\n");
    for (int other = 0; other < job_.num_ranks; ++other) {
      std::string hello;
      try {
        hello = in_time(hello_key(other), concat("rank ", other, " of ", job_.num_ranks, " has not come"));
      } catch (const Error& error) {
        return error.what();
      }
      std::vector<std::string> lines = lines_of(hello);
      lines.resize(3);  // Of a stranger there may be fewer.
      for (std::string& line : lines) line.resize(std::min(line.size(), kLongestLine));
      if (lines[0] != identity_) {
        return concat("rank ", other, " is \"", lines[0], "\" and rank 0 is \"", identity_,
                      "\"; all ranks must run the same program");
      }
      if (lines[1] != std::to_string(job_.num_ranks)) {
        return concat("rank ", other, " is told that there are ", lines[1], " ranks, and rank 0 that there are ",
                      job_.num_ranks, "; all need the same number (WORLD_SIZE)");
      }
      names += lines[2] + "\n";
    }
    return names;
  }

  std::string in_time(const std::string& key, const std::string& what) const {
    const auto begin = std::chrono::steady_clock::now();
    bool is_said = false;
    for (Pause pause; !store_.check({key}); pause.wait()) {
      const auto waited = std::chrono::steady_clock::now() - begin;
      if (waited > timeout_) {
        fail(ErrorKind::kEnvironment, what, " at ", job_.place(), " within ", timeout_.count() / 1000,
             " s (run.rank_timeout)");
      }
      if (waited > kQuiet && !is_said) {
        log_info("waiting at ", job_.place(), ": ", what, " yet");
        is_said = true;
      }
    }
    return store_.get_to_str(key);
  }

  c10d::Store& store_;
  const Job& job_;
  const std::string& identity_;
  const std::chrono::milliseconds timeout_;
};

}  // namespace

std::vector<std::string> introduce(c10d::Store& store, const Job& job, const std::string& identity,
                                   std::chrono::milliseconds timeout) {
  try {
    return Introduction(store, job, identity, timeout).run();
  } catch (const Error&) {
    throw;
  } catch (const std::exception& error) {
    fail(ErrorKind::kEnvironment, "rank ", job.rank, ": the store at ", job.place(),
         " went away: ", first_line(error.what()));
  }
}

}  // namespace bertforge
