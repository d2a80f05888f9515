#include "rendezvous.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <future>
#include <memory>
#include <stdexcept>
#include <thread>
#include <torch/csrc/distributed/c10d/PrefixStore.hpp>
#include <torch/csrc/distributed/c10d/TCPStore.hpp>
#include <utility>

#include "bertforge/base/error.h"
#include "bertforge/base/log.h"
#include "store_waits.h"

namespace bertforge {
namespace {

constexpr std::chrono::seconds kGrace{10};  // TCPStore's own timeout comes first, though late: it pauses between tries.

struct AddressListDeleter {
  void operator()(addrinfo* list) const { freeaddrinfo(list); }
};
using AddressList = std::unique_ptr<addrinfo, AddressListDeleter>;

class Socket {
 public:
  explicit Socket(int descriptor) : descriptor_(descriptor) {}
  ~Socket() {
    if (descriptor_ >= 0) close(descriptor_);
  }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  int descriptor() const { return descriptor_; }
  int release() { return std::exchange(descriptor_, -1); }

 private:
  int descriptor_;
};

AddressList resolve(const Job& job, int kind) {
  addrinfo hints = {}, *found = nullptr;
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = kind;
  const int error = getaddrinfo(job.address.c_str(), std::to_string(job.port).c_str(), &hints, &found);
  if (error != 0) {
    fail(ErrorKind::kEnvironment, "MASTER_ADDR \"", job.address,
         "\" is no host that is known here: ", gai_strerror(error));
  }
  return AddressList(found);
}

std::string advice_for(int error) {
  if (error == EADDRINUSE)
    return "; another job may be using it (set another MASTER_PORT), or two ranks are told RANK 0";
  if (error == EADDRNOTAVAIL) return "; rank 0 must run on the host that MASTER_ADDR names";
  return "";
}

bool is_loopback(const sockaddr& address) {
  if (address.sa_family == AF_INET) {
    return (ntohl(reinterpret_cast<const sockaddr_in&>(address).sin_addr.s_addr) >> 24) == 127;
  }
  return address.sa_family == AF_INET6 &&
         IN6_IS_ADDR_LOOPBACK(&reinterpret_cast<const sockaddr_in6&>(address).sin6_addr);
}

// The store would listen on every address of the host if it made its socket itself.
int listen_on(const Job& job) {
  const AddressList addresses = resolve(job, SOCK_STREAM);
  Socket listener(socket(addresses->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (job.num_local_ranks < job.num_ranks && is_loopback(*addresses->ai_addr)) {
    log_warning("MASTER_ADDR \"", job.address,
                "\" is an address of this host alone, where ranks of other hosts cannot come; "
                "set it to one in the network");
  }
  const int on = 1;
  setsockopt(listener.descriptor(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (bind(listener.descriptor(), addresses->ai_addr, addresses->ai_addrlen) != 0 ||
      listen(listener.descriptor(), SOMAXCONN) != 0) {
    const int error = errno;
    fail(ErrorKind::kEnvironment, "rank 0 cannot listen on ", job.place(), ": ", std::strerror(error),
         advice_for(error));
  }
  return listener.release();
}

// Its constructor asks the store for a sign of life, and would wait for one forever where something listens and says nothing: a
// thread of its own makes it, and is left behind then.
c10::intrusive_ptr<c10d::Store> make_store(const std::string& address, const c10d::TCPStoreOptions& options,
                                           const std::string& place) {
  using Store = c10::intrusive_ptr<c10d::Store>;
  std::packaged_task<Store()> make([=] { return Store(c10::make_intrusive<c10d::TCPStore>(address, options)); });
  std::future<Store> made = make.get_future();
  std::thread(std::move(make)).detach();
  if (made.wait_for(kQuiet) != std::future_status::ready) log_info("waiting for rank 0 at ", place);
  if (made.wait_for(options.timeout + kGrace) == std::future_status::ready) return made.get();
  throw std::runtime_error("something listens there and does not answer");
}

c10::intrusive_ptr<c10d::Store> connect(const Job& job, std::chrono::milliseconds timeout, bool is_server) {
  c10d::TCPStoreOptions options;
  options.port = job.port;
  options.isServer = is_server;
  options.waitWorkers = false;
  options.timeout = timeout;
  if (is_server) options.masterListenFd = listen_on(job);
  try {
    return c10::make_intrusive<c10d::PrefixStore>("bertforge/" + job.attempt,
                                                  make_store(job.address, options, job.place()));
  } catch (const std::exception& error) {
    (void)resolve(job, SOCK_STREAM);  // A name that is not known by now is the reason.
    const std::string reason = first_line(error.what());
    const bool is_late = reason.find("timed out") != std::string::npos;
    fail(ErrorKind::kEnvironment, "rank ", job.rank, ": no store of this job answers at ", job.place(),
         " (MASTER_ADDR, MASTER_PORT)",
         is_late ? concat(" within ", timeout.count() / 1000, " s (run.rank_timeout)") : ": " + reason);
  }
}

}  // namespace

c10::intrusive_ptr<c10d::Store> open_store(const Job& job, std::chrono::milliseconds timeout) {
  return connect(job, timeout, job.rank == 0 && !job.launcher_has_store);
}

c10::intrusive_ptr<c10d::Store> connect_again(const Job& job, std::chrono::milliseconds timeout) {
  return connect(job, timeout, /*is_server=*/false);
}

std::string own_address(const Job& job) {
  const AddressList addresses = resolve(job, SOCK_DGRAM);
  // Nothing is sent: connecting a datagram socket only chooses the route.
  const Socket socket(::socket(addresses->ai_family, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  sockaddr_storage own = {};
  socklen_t size = sizeof own;
  char host[NI_MAXHOST];
  if (::connect(socket.descriptor(), addresses->ai_addr, addresses->ai_addrlen) != 0 ||
      getsockname(socket.descriptor(), reinterpret_cast<sockaddr*>(&own), &size) != 0 ||
      getnameinfo(reinterpret_cast<sockaddr*>(&own), size, host, sizeof host, nullptr, 0, NI_NUMERICHOST) != 0) {
    fail(ErrorKind::kEnvironment, "there is no way from here to ", job.place(), ": ", std::strerror(errno));
  }
  return host;
}

}  // namespace bertforge
