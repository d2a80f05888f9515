#include "bertforge/distributed/job.h"

#include <charconv>
#include <cstdlib>

#include "bertforge/base/error.h"

namespace bertforge {
namespace {

// Where no port is named, one below those that systems hand out by themselves, the same on all ranks of a job.
constexpr int kFirstPort = 15000, kNumPorts = 10000;

// Variables of one launcher; what they say is checked.
class Variables {
 public:
  // `mark`: the variable by which the launcher was known.
  Variables(const Environment& environment, std::string mark) : environment_(environment), mark_(std::move(mark)) {}

  bool has(const std::string& name) const { return environment_(name).has_value(); }

  std::string text(const std::string& name) const {
    const auto value = environment_(name);
    if (!value) fail(ErrorKind::kUsage, name, " is not set in the environment, which has ", mark_);
    return *value;
  }
  std::string text(const std::string& name, const std::string& otherwise) const {
    return environment_(name).value_or(otherwise);
  }

  // A number from `least` to `most`.
  int number(const std::string& name, int least, int most) const {
    const std::string value = text(name);
    int number = 0;
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
    if (error == std::errc() && end == value.data() + value.size() && least <= number && number <= most) return number;
    fail(ErrorKind::kUsage, name, " is \"", value, "\" in the environment; a number from ", least, " to ", most,
         " is expected");
  }
  int number(const std::string& name, int least, int most, int otherwise) const {
    return has(name) ? number(name, least, most) : otherwise;
  }

 private:
  const Environment& environment_;
  const std::string mark_;
};

constexpr int kMostRanks = 1 << 20;

// The ranks' numbers under the names that a launcher has for them.
Job numbered(const Variables& variables, const std::string& launcher, const std::string& rank, const std::string& size,
             const std::string& local_rank) {
  Job job;
  job.launcher = launcher;
  job.num_ranks = variables.number(size, 1, kMostRanks);
  job.rank = variables.number(rank, 0, job.num_ranks - 1);
  job.local_rank = variables.number(local_rank, 0, job.num_ranks - 1, job.rank);
  return job;
}

void meet_at(Job& job, const Variables& variables, const std::string& address, int port) {
  job.address = variables.text("MASTER_ADDR", address);
  job.port = static_cast<std::uint16_t>(variables.number("MASTER_PORT", 1, 65535, port));
}

Job torchrun_job(const Variables& variables) {
  Job job = numbered(variables, "torchrun", "RANK", "WORLD_SIZE", "LOCAL_RANK");
  job.num_local_ranks = variables.number("LOCAL_WORLD_SIZE", 1, job.num_ranks, job.num_ranks);
  job.address = variables.text("MASTER_ADDR");
  job.port = static_cast<std::uint16_t>(variables.number("MASTER_PORT", 1, 65535));
  job.launcher_has_store = variables.text("TORCHELASTIC_USE_AGENT_STORE", "False") == "True";
  job.attempt = variables.text("TORCHELASTIC_RUN_ID", "") + "/" + variables.text("TORCHELASTIC_RESTART_COUNT", "0");
  return job;
}

Job slurm_job(const Variables& variables) {
  // In an interactive step the second is that of the allocation.
  const char* const size = variables.has("SLURM_STEP_NUM_TASKS") ? "SLURM_STEP_NUM_TASKS" : "SLURM_NTASKS";
  Job job = numbered(variables, "srun", "SLURM_PROCID", size, "SLURM_LOCALID");
  const int node = variables.number("SLURM_NODEID", 0, kMostRanks, 0);
  job.num_local_ranks = tasks_of_node(variables.text("SLURM_STEP_TASKS_PER_NODE"), node);
  const int id = variables.number("SLURM_JOB_ID", 0, 2147483647);
  job.attempt = variables.text("SLURM_JOB_ID") + "." + variables.text("SLURM_STEP_ID");
  meet_at(job, variables, first_host(variables.text("SLURM_STEP_NODELIST")), kFirstPort + id % kNumPorts);
  return job;
}

Job open_mpi_job(const Variables& variables) {
  Job job = numbered(variables, "mpirun", "OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE", "OMPI_COMM_WORLD_LOCAL_RANK");
  job.num_local_ranks = variables.number("OMPI_COMM_WORLD_LOCAL_SIZE", 1, job.num_ranks, job.num_ranks);
  if (job.num_local_ranks < job.num_ranks && !variables.has("MASTER_ADDR")) {
    fail(ErrorKind::kUsage, "mpirun started ranks on several hosts, and MASTER_ADDR is not set: say where rank 0 runs ",
         "with -x MASTER_ADDR=HOST");
  }
  job.attempt = variables.text("OMPI_MCA_ess_base_jobid", variables.text("PMIX_NAMESPACE", "0"));
  const auto hash = std::hash<std::string>()(job.attempt);
  meet_at(job, variables, "127.0.0.1", kFirstPort + static_cast<int>(hash % kNumPorts));
  return job;
}

}  // namespace

std::string Job::place() const {
  const bool is_ipv6 = address.find(':') != std::string::npos;
  return (is_ipv6 ? "[" + address + "]" : address) + ":" + std::to_string(port);
}

std::optional<std::string> process_environment(const std::string& name) {
  const char* const value = std::getenv(name.c_str());
  if (value == nullptr || *value == '\0') return std::nullopt;
  return value;
}

std::optional<Job> find_job(const Environment& environment) {
  // torchrun may itself be started by srun; and a batch script of Slurm's has all but the step's variables.
  if (environment("RANK") || environment("WORLD_SIZE")) {
    return torchrun_job({environment, environment("RANK") ? "RANK" : "WORLD_SIZE"});
  }
  if (environment("SLURM_PROCID") && environment("SLURM_STEP_NODELIST")) {
    return slurm_job({environment, "SLURM_PROCID and SLURM_STEP_NODELIST"});
  }
  if (environment("OMPI_COMM_WORLD_RANK")) return open_mpi_job({environment, "OMPI_COMM_WORLD_RANK"});
  return std::nullopt;
}

std::string first_host(const std::string& node_list) {
  const std::size_t bracket = node_list.find('['), comma = node_list.find(',');
  if (bracket == std::string::npos || comma < bracket) return node_list.substr(0, comma);
  const std::size_t number_end = node_list.find_first_of("-,]", bracket);
  const std::size_t closing = node_list.find(']', bracket);
  if (closing == std::string::npos) fail(ErrorKind::kUsage, "\"", node_list, "\" is no list of nodes: ] is missing");
  const std::size_t end = node_list.find(',', closing);
  return node_list.substr(0, bracket) + node_list.substr(bracket + 1, number_end - bracket - 1) +
         node_list.substr(closing + 1, end == std::string::npos ? end : end - closing - 1);
}

int tasks_of_node(const std::string& tasks_per_node, int node) {
  const char* at = tasks_per_node.data();
  const char* const end = at + tasks_per_node.size();
  while (at != end) {
    int tasks = 0, times = 1;
    const auto parsed = std::from_chars(at, end, tasks);
    if (parsed.ec != std::errc() || tasks < 1) break;
    at = parsed.ptr;
    if (end - at > 2 && at[0] == '(' && at[1] == 'x') {
      const auto repeated = std::from_chars(at + 2, end, times);
      if (repeated.ec != std::errc() || repeated.ptr == end || *repeated.ptr != ')') break;
      at = repeated.ptr + 1;
    }
    if (node < times) return tasks;
    node -= times;
    if (at == end || *at++ != ',') break;
  }
  fail(ErrorKind::kUsage, "SLURM_STEP_TASKS_PER_NODE is \"", tasks_per_node, "\" and says nothing of this node (",
       "number ", node, " of those that follow); a list such as 2(x3),1 is expected");
}

}  // namespace bertforge
