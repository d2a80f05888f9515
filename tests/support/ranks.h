#pragma once
// Several ranks as threads of the test, which meet on a free port of the loopback address.

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <exception>
#include <functional>
#include <thread>
#include <vector>

#include "bertforge/distributed/process_group.h"

namespace bertforge::testing {

// A port that nobody listens on, of those that systems hand out.
inline std::uint16_t free_port() {
  const int descriptor = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  const bool is_bound = bind(descriptor, reinterpret_cast<sockaddr*>(&address), size) == 0 &&
                        getsockname(descriptor, reinterpret_cast<sockaddr*>(&address), &size) == 0;
  close(descriptor);
  return is_bound ? ntohs(address.sin_port) : 0;
}

inline Job loopback_job(int rank, int num_ranks, std::uint16_t port) {
  return {.launcher = "a test",
          .rank = rank,
          .num_ranks = num_ranks,
          .local_rank = rank,
          .num_local_ranks = num_ranks,
          .address = "127.0.0.1",
          .port = port};
}

// What each rank threw; null where it came to its end.
inline std::vector<std::exception_ptr> outcomes_of_ranks(int num_ranks, const std::function<void(const Job&)>& body) {
  const std::uint16_t port = free_port();
  std::vector<std::exception_ptr> errors(static_cast<std::size_t>(num_ranks));
  std::vector<std::thread> threads;
  for (int rank = 0; rank < num_ranks; ++rank) {
    threads.emplace_back([&, rank] {
      try {
        body(loopback_job(rank, num_ranks, port));
      } catch (...) {
        errors[static_cast<std::size_t>(rank)] = std::current_exception();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  return errors;
}

// `body` of every rank of a job; an error of one comes out here.
inline void run_ranks(int num_ranks, const std::function<void(ProcessGroup&)>& body) {
  const auto errors = outcomes_of_ranks(num_ranks, [&](const Job& job) {
    const auto group = join_job(job, {.identity = "test", .rank_timeout = std::chrono::seconds(60)});
    run_as_rank(*group, [&] {
      body(*group);
      return 0;
    });
  });
  for (const std::exception_ptr& error : errors) {
    if (error) std::rethrow_exception(error);
  }
}

}  // namespace bertforge::testing
