#pragma once
// What a launcher says of this process: which of how many it is on which host, and where they all meet.
//
// Read from the environment variables of torchrun (and whatever else sets RANK, WORLD_SIZE, MASTER_ADDR and MASTER_PORT), of
// Slurm's srun and of Open MPI's mpirun. Eaten by process_group.h. Sources: torch.distributed.run, srun(1), mpirun(1).

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

namespace bertforge {

struct Job {
  std::string launcher;                     // "torchrun", "srun" or "mpirun"
  int rank = 0, num_ranks = 1;              // Over all hosts
  int local_rank = 0, num_local_ranks = 1;  // On this host
  std::string address;  // Of the store, through which the ranks find each other: a name or an IP address
  std::uint16_t port = 0;
  bool launcher_has_store = false;  // torchrun's agent listens there already; else rank 0 does
  std::string attempt = "0";        // A launcher that starts its ranks again does so under another number

  std::string place() const;  // "10.0.0.7:29500"
};

// The value of an environment variable; nothing where it is not set, or empty.
using Environment = std::function<std::optional<std::string>(const std::string& name)>;
std::optional<std::string> process_environment(const std::string& name);

// Nothing where no launcher started this process. Error(kUsage) names the variable that is missing or makes no sense.
std::optional<Job> find_job(const Environment& environment = process_environment);

// The first host of a list as Slurm writes it: "gpu[03-05,9],login" -> "gpu03".
std::string first_host(const std::string& node_list);

// How many tasks the node of that number has, of a list as Slurm writes it: "2(x3),1" has 2, 2, 2 and 1.
int tasks_of_node(const std::string& tasks_per_node, int node);

}  // namespace bertforge
