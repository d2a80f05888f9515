#pragma once
// The functions behind the table of commands (commands.cpp), one a file.

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "bertforge/app/program.h"

namespace bertforge {

// What is named and told, in the order that it is printed in: {"LibTorch", "2.11.0"}.
using Facts = std::vector<std::pair<std::string, std::string>>;

int vocab_command(const Arguments& arguments);
int tokenize_command(const Arguments& arguments);
int detokenize_command(const Arguments& arguments);
int build_command(const Arguments& arguments);
// `read_settings`: changed_settings(), or nullptr in a build without LibTorch, which does not know a run's settings.
int inspect_command(const Arguments& arguments, Facts (*read_settings)(const std::filesystem::path& run_folder));
int benchmark_command(const Arguments& arguments);
int completion_command(const Arguments& arguments);

// With LibTorch.
int pretrain_command(const Arguments& arguments);
int sweep_command(const Arguments& arguments);
int evaluate_command(const Arguments& arguments);
int report_command(const Arguments& arguments);
int compare_command(const Arguments& arguments);
int embed_command(const Arguments& arguments);
int similarity_command(const Arguments& arguments);
int fill_mask_command(const Arguments& arguments);
int next_sentence_command(const Arguments& arguments);

// The settings of a run, as its config.toml has them, that are not the defaults: {"train.batch_size", "64"}.
// With LibTorch.
Facts changed_settings(const std::filesystem::path& run_folder);

// Facts of a build and a machine.
Facts libtorch_facts();  // With LibTorch.
int info_command(const Arguments& arguments, const Facts& libtorch);

}  // namespace bertforge
