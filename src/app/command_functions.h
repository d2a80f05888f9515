#pragma once
// The functions behind the table of commands (commands.cpp), one a file.

#include <string>
#include <utility>
#include <vector>

#include "bertforge/app/program.h"

namespace bertforge {

int vocab_command(const Arguments& arguments);
int tokenize_command(const Arguments& arguments);
int detokenize_command(const Arguments& arguments);
int build_command(const Arguments& arguments);
int inspect_command(const Arguments& arguments);
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

// Facts of a build and a machine, in the order they are printed: {"LibTorch", "2.11.0"}.
using Facts = std::vector<std::pair<std::string, std::string>>;
Facts libtorch_facts();  // With LibTorch.
int info_command(const Arguments& arguments, const Facts& libtorch);

}  // namespace bertforge
