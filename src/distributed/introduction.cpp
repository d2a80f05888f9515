#include "introduction.h"

#include <unistd.h>

#include <sstream>

#include "bertforge/base/error.h"
#include "store_waits.h"
#include "watch.h"

namespace bertforge {
namespace {

constexpr const char* kWelcome = "welcome";  // The answer's first line; the names follow, a line each.
constexpr const char* kAnswerKey = "answer";
constexpr const char* kAnswerHeardKey = "answer/heard";  // By how many ranks
constexpr std::size_t kLongestName = 300;

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
    store_.set(hello_key(job_.rank), identity_ + "\n" + own_name(job_));
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
      const std::size_t end = hello.find('\n');
      const std::string theirs = hello.substr(0, end);
      if (end == std::string::npos || theirs != identity_) {
        return concat("rank ", other, " is \"", theirs.substr(0, 80), "\" and rank 0 is \"", identity_,
                      "\"; all ranks must run the same program");
      }
      names += first_line(hello.substr(end + 1, kLongestName)) + "\n";
    }
    return names;
  }

  std::string in_time(const std::string& key, const std::string& what) const {
    const auto deadline = std::chrono::steady_clock::now() + timeout_;
    for (Pause pause; !store_.check({key}); pause.wait()) {
      if (std::chrono::steady_clock::now() > deadline) {
        fail(ErrorKind::kEnvironment, what, " at ", job_.place(), " within ", timeout_.count() / 1000,
             " s (run.rank_timeout)");
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
