#include "bertforge/checkpoint/state_file.h"

#include <nlohmann/json.hpp>

#include "bertforge/base/error.h"
#include "bertforge/base/files.h"
#include "bertforge/checkpoint/paths.h"
#include "bertforge/formats/json.h"

namespace bertforge {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

json to_json(const Progress& progress) {
  return {{"step", progress.step},
          {"epoch", progress.epoch},
          {"tokens", progress.tokens},
          {"examples", progress.examples},
          {"seconds", progress.seconds}};
}

Progress progress_from(const json& object, const std::string& where) {
  return {.step = get_int(object, "step", where),
          .epoch = get_double(object, "epoch", where),
          .tokens = get_int(object, "tokens", where),
          .examples = get_int(object, "examples", where),
          .seconds = get_double(object, "seconds", where)};
}

json to_json(const TrainState& state) {
  return {{"progress", to_json(state.progress)},
          {"evaluated", to_json(state.evaluated)},
          {"next_example",
           {{"epoch", state.data_position.epoch},
            {"example", state.data_position.example},
            {"order", state.data_position.order},
            {"examples_before", state.data_position.examples_before}}},
          {"best_loss", state.best_loss ? json(*state.best_loss) : json()},
          {"best_step", state.best_step},
          {"evaluations_since_best", state.evaluations_since_best},
          {"loss_scaler", {{"scale", state.loss_scaler.scale}, {"finite_updates", state.loss_scaler.finite_updates}}},
          {"dataset_hash", state.dataset_hash},
          {"tokenizer_fingerprint", state.tokenizer_fingerprint}};
}

TrainState state_from(const json& object, const std::string& where) {
  TrainState state;
  state.progress = progress_from(get_member(object, "progress", where), where);
  state.evaluated = progress_from(get_member(object, "evaluated", where), where);
  const json& next = get_member(object, "next_example", where);
  state.data_position = {.epoch = get_int(next, "epoch", where),
                         .example = get_int(next, "example", where),
                         .order = get_string(next, "order", where, /*fallback=*/""),
                         .examples_before = next.contains("examples_before") ? get_int(next, "examples_before", where)
                                                                             : state.progress.examples};
  if (!get_member(object, "best_loss", where).is_null()) {
    state.best_loss = get_double(object, "best_loss", where);
  }
  state.best_step = get_int(object, "best_step", where);
  if (object.contains("evaluations_since_best")) {  // Older checkpoints have not counted.
    state.evaluations_since_best = get_int(object, "evaluations_since_best", where);
  }
  if (object.contains("loss_scaler")) {  // Older checkpoints had no float16.
    const json& scaler = object["loss_scaler"];
    state.loss_scaler = {.scale = get_double(scaler, "scale", where),
                         .finite_updates = get_int(scaler, "finite_updates", where)};
  }
  state.dataset_hash = get_string(object, "dataset_hash", where);
  state.tokenizer_fingerprint = get_string(object, "tokenizer_fingerprint", where);
  return state;
}

// {"model.safetensors": {"bytes": 81920, "hash": "..."}, ...} of every file but state.json itself.
json file_list(const fs::path& checkpoint) {
  const fs::path own = CheckpointPaths{checkpoint}.state_json();
  json files = json::object();
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(checkpoint)) {
    if (!entry.is_regular_file() || entry.path() == own) continue;
    files[entry.path().lexically_relative(checkpoint).generic_string()] = {{"bytes", entry.file_size()},
                                                                           {"hash", file_content_hash(entry.path())}};
  }
  return files;
}

// state.json vouches for itself too: its hash is that of the two members that say something.
std::string hash_of(const json& state, const json& files) {
  return content_hash(dump_json_line({{"state", state}, {"files", files}}));
}

void check_version(const json& object, const std::string& where) {
  const std::int64_t version = get_int(object, "format_version", where);
  if (version == kCheckpointFormatVersion) return;
  fail(ErrorKind::kInput, where, ": the checkpoint has format version ", version, "; this program reads version ",
       kCheckpointFormatVersion, version > kCheckpointFormatVersion ? ", a newer one is needed" : "");
}

// The whole file, checked against its own hash.
json read_checked(const fs::path& checkpoint) {
  const fs::path file = CheckpointPaths{checkpoint}.state_json();
  const std::string where = file.string();
  if (!path_exists(file)) {
    require_folder(checkpoint);
    fail(ErrorKind::kUsage, checkpoint.string(), ": there is no trainer/state.json, so training cannot go on from it");
  }
  json object = read_json_file(file);
  check_version(object, where);
  const std::string found = hash_of(get_member(object, "state", where), get_member(object, "files", where));
  if (found != get_string(object, "content_hash", where)) {
    fail(ErrorKind::kInput, where, ": damaged: its content has the hash ", found, ", not the one that it states");
  }
  return object;
}

}  // namespace

std::string state_text(const TrainState& state) { return dump_json_line(to_json(state)); }

TrainState parse_state(const std::string& text) { return state_from(parse_json(text, "a state"), "a state"); }

void write_state_file(const fs::path& checkpoint, const TrainState& state) {
  const json content = to_json(state), files = file_list(checkpoint);
  const nlohmann::ordered_json object = {{"format_version", kCheckpointFormatVersion},
                                         {"content_hash", hash_of(content, files)},
                                         {"state", content},
                                         {"files", files}};
  write_file_atomic(CheckpointPaths{checkpoint}.state_json(), object.dump(2) + "\n");
}

bool has_unknown_version(const fs::path& checkpoint) {
  const json object = json::parse(read_file(CheckpointPaths{checkpoint}.state_json()), /*cb=*/nullptr,
                                  /*allow_exceptions=*/false);  // What is no JSON has no version.
  if (!object.is_object() || !object.contains("format_version")) return false;
  const json& version = object["format_version"];
  return version.is_number_integer() && version.get<std::int64_t>() != kCheckpointFormatVersion;
}

TrainState read_state_file(const fs::path& checkpoint) {
  const std::string where = CheckpointPaths{checkpoint}.state_json().string();
  return state_from(get_member(read_checked(checkpoint), "state", where), where);
}

void verify_files(const fs::path& checkpoint) {
  const std::string where = CheckpointPaths{checkpoint}.state_json().string();
  const json object = read_checked(checkpoint);
  for (const auto& [name, entry] : object["files"].items()) {
    const fs::path file = checkpoint / name;
    if (!path_exists(file)) fail(ErrorKind::kInput, file.string(), ": the file is missing from its checkpoint");
    const auto size = static_cast<std::int64_t>(fs::file_size(file)), expected = get_int(entry, "bytes", where);
    if (size != expected) {
      fail(ErrorKind::kInput, file.string(), ": damaged: it has ", size, " bytes and was saved with ", expected);
    }
    if (file_content_hash(file) != get_string(entry, "hash", where)) {
      fail(ErrorKind::kInput, file.string(), ": damaged: its content is not what was saved (another hash)");
    }
  }
}

}  // namespace bertforge
