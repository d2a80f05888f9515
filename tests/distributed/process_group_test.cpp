#include "bertforge/distributed/process_group.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/types.h>

#include <atomic>
#include <mutex>

#include "support/error_matchers.h"
#include "support/ranks.h"

namespace bertforge {
namespace {

using ::testing::ElementsAre;
using testing::free_port;
using ::testing::HasSubstr;
using testing::loopback_job;
using testing::outcomes_of_ranks;
using testing::run_ranks;

std::string message_of(const std::exception_ptr& error) {
  if (!error) return "no error";
  try {
    std::rethrow_exception(error);
  } catch (const Error& found) {
    return concat(static_cast<int>(found.kind()), " ", found.what());
  }
}

TEST(SoloGroup, LeavesEverythingAsItIs) {
  ProcessGroup& group = solo_group();
  EXPECT_TRUE(group.is_first());
  EXPECT_TRUE(group.is_alone());
  const at::Tensor tensor = at::arange(5, at::kFloat);
  group.sum(tensor);
  group.copy(tensor, 0);
  EXPECT_TRUE(tensor.equal(at::arange(5, at::kFloat)));
  EXPECT_EQ(group.total(std::vector<std::int64_t>{7}), std::vector<std::int64_t>{7});
  EXPECT_THAT(group.gather_on_first("x"), ElementsAre("x"));
  EXPECT_EQ(group.told_by_first("y"), "y");
  group.meet();
  group.check();
}

class Ranks : public ::testing::TestWithParam<int> {};

TEST_P(Ranks, AddUpTensorsOfOddSizes) {
  run_ranks(GetParam(), [](ProcessGroup& group) {
    for (const std::int64_t size : {1, 7, 1001}) {
      const at::Tensor tensor = at::arange(size, at::kFloat) * (group.rank() + 1);
      group.sum(tensor);
      const int n = group.num_ranks();
      EXPECT_TRUE(tensor.equal(at::arange(size, at::kFloat) * (n * (n + 1) / 2))) << size;
    }
  });
}

TEST_P(Ranks, HaveTheSameBitsOfASum) {
  std::mutex mutex;
  std::vector<at::Tensor> results;
  run_ranks(GetParam(), [&](ProcessGroup& group) {
    at::Generator generator = at::detail::createCPUGenerator(static_cast<std::uint64_t>(group.rank()));
    const at::Tensor tensor = at::randn({1003}, generator);
    group.sum(tensor);
    const std::lock_guard lock(mutex);
    results.push_back(tensor);
  });
  for (const at::Tensor& result : results) EXPECT_TRUE(result.equal(results.front()));
}

TEST_P(Ranks, CopyFromTheRankThatIsNamed) {
  run_ranks(GetParam(), [](ProcessGroup& group) {
    const int from = group.num_ranks() - 1;
    const at::Tensor tensor = at::full({3, 5}, group.rank(), at::kDouble);
    group.copy(tensor, from);
    EXPECT_TRUE(tensor.equal(at::full({3, 5}, from, at::kDouble)));
  });
}

TEST_P(Ranks, KeepSeveralCallsUnderWay) {
  run_ranks(GetParam(), [](ProcessGroup& group) {
    std::vector<at::Tensor> tensors;
    std::vector<std::unique_ptr<PendingCall>> calls;
    for (int i = 0; i < 9; ++i) tensors.push_back(at::full({100 + i}, i, at::kFloat));
    for (const at::Tensor& tensor : tensors) calls.push_back(group.start_sum(tensor));
    for (const auto& call : calls) call->wait();
    for (int i = 0; i < 9; ++i) {
      EXPECT_TRUE(tensors[static_cast<std::size_t>(i)].equal(at::full({100 + i}, i * group.num_ranks(), at::kFloat)));
    }
  });
}

TEST_P(Ranks, AddUpNumbersAndPassTextsOn) {
  run_ranks(GetParam(), [](ProcessGroup& group) {
    const std::int64_t n = group.num_ranks();
    EXPECT_THAT(group.total(std::vector<std::int64_t>{1, group.rank()}), ElementsAre(n, n * (n - 1) / 2));
    EXPECT_THAT(group.total(std::vector<double>{0.5}), ElementsAre(0.5 * static_cast<double>(n)));
    EXPECT_EQ(group.told_by_first(group.is_first() ? "hello" : ""), "hello");
    const auto texts = group.gather_on_first("of rank " + std::to_string(group.rank()));
    ASSERT_EQ(std::ssize(texts), group.is_first() ? n : 0);
    for (std::size_t rank = 0; rank < texts.size(); ++rank) EXPECT_EQ(texts[rank], concat("of rank ", rank));
  });
}

TEST_P(Ranks, MeetOnlyWhenAllHaveCome) {
  std::atomic<int> num_come = 0;
  run_ranks(GetParam(), [&](ProcessGroup& group) {
    std::this_thread::sleep_for(std::chrono::milliseconds(30 * group.rank()));
    ++num_come;
    group.meet();
    EXPECT_EQ(num_come, group.num_ranks());
  });
}

INSTANTIATE_TEST_SUITE_P(Of, Ranks, ::testing::Values(2, 3, 5));

TEST(ProcessGroup, TellsTheOthersTheErrorOfARank) {
  const auto errors = outcomes_of_ranks(3, [](const Job& job) {
    const auto group = join_job(job, {.identity = "test", .rank_timeout = std::chrono::seconds(60)});
    run_as_rank(*group, [&]() -> int {
      if (group->rank() == 1) fail(ErrorKind::kInput, "page 7 is torn");
      group->sum(at::ones({3}));
      return 0;
    });
  });
  EXPECT_EQ(message_of(errors[1]), "3 page 7 is torn");
  for (const int rank : {0, 2}) {
    const std::string message = message_of(errors[static_cast<std::size_t>(rank)]);
    EXPECT_THAT(message, HasSubstr("5 rank 1 ("));
    EXPECT_THAT(message, HasSubstr(concat("ended: page 7 is torn; rank ", rank, " ends as well")));
  }
}

TEST(ProcessGroup, TellsTheErrorOfTheRankThatHasTheStore) {
  const auto errors = outcomes_of_ranks(3, [](const Job& job) {
    const auto group = join_job(job, {.identity = "test", .rank_timeout = std::chrono::seconds(60)});
    run_as_rank(*group, [&]() -> int {
      std::this_thread::sleep_for(std::chrono::milliseconds(170 * group->rank()));  // Signs of life out of step.
      if (group->rank() == 0) {
        std::this_thread::sleep_for(std::chrono::milliseconds(900));
        fail(ErrorKind::kEnvironment, "the disk is full");
      }
      group->meet();
      return 0;
    });
  });
  EXPECT_THAT(message_of(errors[1]), HasSubstr("ended: the disk is full; rank 1 ends"));
  EXPECT_THAT(message_of(errors[2]), HasSubstr("ended: the disk is full; rank 2 ends"));
}

TEST(ProcessGroup, NamesTheRankThatIsAliveButKeepsTheOthersWaiting) {
  const auto errors = outcomes_of_ranks(2, [](const Job& job) {
    const auto group = join_job(job, {.identity = "test", .rank_timeout = std::chrono::seconds(2)});
    run_as_rank(*group, [&]() -> int {
      group->sum(at::ones({3}));
      if (group->rank() == 1) {
        while (true) {  // Until the other has given up.
          group->check();
          std::this_thread::sleep_for(std::chrono::milliseconds(20));
        }
      }
      group->sum(at::ones({3}));
      return 0;
    });
  });
  EXPECT_THAT(message_of(errors[0]), HasSubstr("5 waited 2 s (run.rank_timeout) for rank 1, alive but behind"));
  EXPECT_THAT(message_of(errors[1]), HasSubstr("waited 2 s"));
}

TEST(ProcessGroup, RefusesAnotherProgramOrVersion) {
  const auto errors = outcomes_of_ranks(3, [](const Job& job) {
    join_job(job,
             {.identity = job.rank == 2 ? "bertforge 0.0.9" : "bertforge 1", .rank_timeout = std::chrono::seconds(9)});
  });
  for (const auto& error : errors) {
    EXPECT_EQ(message_of(error),
              "5 rank 2 is \"bertforge 0.0.9\" and rank 0 is \"bertforge 1\"; all ranks must run the same program");
  }
}

TEST(ProcessGroup, RefusesRanksThatAreToldOfOtherNumbers) {
  const auto errors = outcomes_of_ranks(2, [](Job job) {
    if (job.rank == 1) job.num_ranks = 3;
    join_job(job, {.identity = "test", .rank_timeout = std::chrono::seconds(9)});
  });
  for (const auto& error : errors) {
    EXPECT_EQ(
        message_of(error),
        "5 rank 1 is told that there are 3 ranks, and rank 0 that there are 2; all need the same number (WORLD_SIZE)");
  }
}

TEST(ProcessGroup, SaysWhichRankHasNotCome) {
  Job job = loopback_job(0, 3, free_port());
  EXPECT_ERROR(join_job(job, {.identity = "test", .rank_timeout = std::chrono::seconds(1)}), ErrorKind::kEnvironment,
               "rank 1 of 3 has not come at 127.0.0.1:");
}

TEST(ProcessGroup, SaysThatNoStoreAnswers) {
  Job job = loopback_job(1, 2, free_port());
  EXPECT_ERROR(join_job(job, {.identity = "test", .rank_timeout = std::chrono::seconds(1)}), ErrorKind::kEnvironment,
               "rank 1: no store of this job answers at 127.0.0.1:");
}

// A program that takes connections there, and answers with `answer` or not at all.
class Stranger {
 public:
  explicit Stranger(const std::string& answer) : answer_(answer), listener_(socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    const bool listens = bind(listener_, reinterpret_cast<sockaddr*>(&address), size) == 0 &&
                         getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) == 0 &&
                         listen(listener_, 8) == 0;
    EXPECT_TRUE(listens);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] {
      for (int peer = -1; (peer = accept(listener_, nullptr, nullptr)) >= 0;) {
        peers_.push_back(peer);
        if (!answer_.empty()) (void)!send(peer, answer_.data(), answer_.size(), MSG_NOSIGNAL);
      }
    });
  }
  ~Stranger() {
    shutdown(listener_, SHUT_RDWR);
    thread_.join();
    for (const int peer : peers_) close(peer);
    close(listener_);
  }
  std::uint16_t port() const { return port_; }

 private:
  const std::string answer_;
  const int listener_;
  std::uint16_t port_ = 0;
  std::vector<int> peers_;
  std::thread thread_;
};

TEST(ProcessGroup, RefusesAStrangerThatIsSilentOrTalksNonsense) {
  for (const std::string& answer : {std::string(), std::string(4000, 'x'), std::string(1, '\0')}) {
    const Stranger stranger(answer);
    const auto begin = std::chrono::steady_clock::now();
    EXPECT_ERROR(
        join_job(loopback_job(1, 2, stranger.port()), {.identity = "test", .rank_timeout = std::chrono::seconds(1)}),
        ErrorKind::kEnvironment, "rank 1: no store of this job answers at 127.0.0.1:");
    EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(20));
  }
}

TEST(ProcessGroup, RefusesAnAddressOfAnotherHost) {
  Job job = loopback_job(0, 2, free_port());
  job.address = "192.0.2.1";  // Of documentation (RFC 5737): nobody's.
  EXPECT_ERROR(join_job(job, {.identity = "test", .rank_timeout = std::chrono::seconds(1)}), ErrorKind::kEnvironment,
               "rank 0 must run on the host that MASTER_ADDR names");
}

// Whether something takes connections there.
bool answers(const char* host, std::uint16_t port) {
  const int descriptor = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  inet_pton(AF_INET, host, &address.sin_addr);
  const bool is_connected = connect(descriptor, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
  if (is_connected) (void)!write(descriptor, "GET / HTTP/1.0\r\n\r\n", 18);  // It must bear that.
  close(descriptor);
  return is_connected;
}

TEST(ProcessGroup, ListensOnTheAddressThatIsNamedAloneAndBearsStrangers) {
  const std::uint16_t port = free_port();
  std::vector<std::thread> ranks;
  for (int rank = 0; rank < 2; ++rank) {
    ranks.emplace_back([&, rank] {
      const auto group =
          join_job(loopback_job(rank, 2, port), {.identity = "test", .rank_timeout = std::chrono::seconds(30)});
      if (group->is_first()) {
        EXPECT_TRUE(answers("127.0.0.1", port));
        EXPECT_FALSE(
            answers("127.0.0.2", port));  // A loopback address as well, which a socket on all addresses would serve.
      }
      group->meet();
      group->sum(at::ones({3}));
    });
  }
  for (std::thread& rank : ranks) rank.join();
}

}  // namespace
}  // namespace bertforge
