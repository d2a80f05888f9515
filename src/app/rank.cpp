#include "rank.h"

#include <algorithm>
#include <sstream>
#include <thread>
#include <vector>

#include "bertforge/app/version.h"
#include "bertforge/base/error.h"
#include "bertforge/base/parallel.h"
#include "bertforge/formats/toml.h"
#include "bertforge/model/cuda_devices.h"
#include "bertforge/model/device.h"

namespace bertforge {
namespace {

// A line a setting; what may differ between hosts is left out.
std::string settings_text(RunConfig& config, const Facts& facts) {
  std::string text;
  for (const auto& [name, value] : facts) text += concat(name, " ", value, "\n");
  FieldList fields;
  visit_fields(config, fields);
  for (const Field& field : fields.fields()) {
    const bool is_local = field.path.starts_with("run.") || field.path == "data.train" || field.path == "data.valid" ||
                          field.path == "data.root" || field.path == "vocab.inputs" || field.path == "vocab.tokenizer";
    if (!is_local) text += field.path + " = " + field.value_as_toml() + "\n";
  }
  return text;
}

// The first line in which two texts of equal many lines differ: "rank 2 has X and rank 0 has Y"; "" where there is none.
std::string difference(const std::string& first, const std::string& other, std::size_t rank) {
  std::istringstream expected(first), found(other);
  for (std::string expected_line, found_line; std::getline(expected, expected_line);) {
    std::getline(found, found_line);
    if (found_line == expected_line) continue;
    return concat("rank ", rank, " has ", found_line, ", and rank 0 has ", expected_line,
                  "; all ranks must be started with the same settings and data");
  }
  return "";
}

}  // namespace

at::Device device_of(const RunConfig& config, const std::optional<Job>& job) {
  const at::Device device = resolve_device(config.run.device);
  const bool is_named = config.run.device.find(':') != std::string::npos;
  // A launcher that gives each rank one device shows it that alone.
  if (!job || is_named || !device.is_cuda() || cuda_devices().size() == 1) return device;
  return resolve_device("cuda:" + std::to_string(job->local_rank));
}

int threads_of(const RunConfig& config, const std::optional<Job>& job) {
  if (config.run.threads > 0 || !job) return static_cast<int>(config.run.threads);
  // srun and mpirun bind ranks to cores of their own, as a rule. Else what this process may use is its host's ranks' together.
  const int num_cores = resolve_num_threads(0), of_machine = static_cast<int>(std::thread::hardware_concurrency());
  const bool is_bound = num_cores < of_machine && job->launcher != "torchrun";
  return is_bound ? num_cores : std::max(1, num_cores / job->num_local_ranks);
}

std::unique_ptr<ProcessGroup> join_others(const std::optional<Job>& job, const RunConfig& config, at::Device device) {
  if (!job || job->num_ranks == 1) return nullptr;
  return join_job(*job, {.identity = concat("bertforge ", program_version()),
                         .rank_timeout = config.run.rank_milliseconds(),
                         .uses_cuda = device.is_cuda()});
}

RunStart choose_start_together(const RunConfig& config, const std::string& resume, ProcessGroup& group) {
  const std::filesystem::path folder = config.run.output;
  if (group.is_alone()) return choose_start(folder, resume);
  RunStart start{RunPaths{folder}, std::nullopt};
  if (group.is_first()) start = choose_start(folder, resume);
  const std::string checkpoint = group.told_by_first(start.checkpoint ? start.checkpoint->string() : "");
  if (!checkpoint.empty()) start.checkpoint = checkpoint;
  return start;
}

PreparedData prepare_in_turn(const RunConfig& config, const Rank& rank) {
  if (rank.group.is_alone()) return prepare_data(config);
  const int own_turn = rank.group.is_first() ? 0 : rank.job->local_rank == 0 ? 1 : 2;
  PreparedData data;
  for (int turn = 0; turn < 3; ++turn) {
    if (turn == own_turn) data = prepare_data(config);
    rank.group.meet();
  }
  return data;
}

void require_equal_ranks(ProcessGroup& group, RunConfig config, const Facts& facts) {
  if (group.is_alone()) return;
  const std::vector<std::string> texts = group.gather_on_first(settings_text(config, facts));
  std::string found;
  for (std::size_t rank = 1; rank < texts.size() && found.empty(); ++rank) {
    found = difference(texts.front(), texts[rank], rank);
  }
  found = group.told_by_first(found);
  if (!found.empty()) fail(ErrorKind::kUsage, found);
}

}  // namespace bertforge
