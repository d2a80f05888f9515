#pragma once
// Where the files of a run are: every name of a run folder stands here and nowhere else.
//
//   config.toml  run.json  train.log  metrics.jsonl  predictions.jsonl  report.html  tensorboard/
//   checkpoints/step-00001000/                    a model folder (huggingface/folder.h) with
//   checkpoints/step-00001000/trainer/            optimizer.safetensors, state.json
//   best -> checkpoints/step-00000500             relative symbolic links, so that a run folder can be moved, and other
//   latest -> checkpoints/step-00001000           programs open RUN/best as any model folder
//
// Fed by app/; std only. Format of the files: docs/file_formats.md.

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

namespace bertforge {

struct RunPaths {
  std::filesystem::path root;

  std::filesystem::path config_toml() const { return root / "config.toml"; }
  std::filesystem::path run_json() const { return root / "run.json"; }
  std::filesystem::path train_log() const { return root / "train.log"; }
  std::filesystem::path metrics_jsonl() const { return root / "metrics.jsonl"; }
  std::filesystem::path predictions_jsonl() const { return root / "predictions.jsonl"; }
  std::filesystem::path report_html() const { return root / "report.html"; }
  std::filesystem::path tensorboard() const { return root / "tensorboard"; }
  std::filesystem::path checkpoints() const { return root / "checkpoints"; }
  std::filesystem::path checkpoint(std::int64_t step) const;
  std::filesystem::path best() const { return root / "best"; }
  std::filesystem::path latest() const { return root / "latest"; }
};

// The files of a checkpoint folder besides those of its model.
struct CheckpointPaths {
  std::filesystem::path root;

  std::filesystem::path trainer() const { return root / "trainer"; }
  std::filesystem::path optimizer() const { return trainer() / "optimizer.safetensors"; }
  std::filesystem::path state_json() const { return trainer() / "state.json"; }
};

// The step in "step-00001000"; nothing for any other name, "step-00001000.partial" included.
std::optional<std::int64_t> checkpoint_step(const std::string& folder_name);

}  // namespace bertforge
