#pragma once
// The layers of a configuration: defaults, then config files from left to right, then the command line.
//
// Fed by pretrain's command line; feeds run_config.h through base/field_list.h.

#include <string>
#include <utility>
#include <vector>

#include "bertforge/app/program.h"
#include "bertforge/base/field_list.h"

namespace bertforge {

// `--section.key VALUE` as the user wrote it; true or false may be left out.
struct Override {
  std::string path, value;
  bool has_value = true;
};

// Takes every `--section.key VALUE` and `--section.key=VALUE` out of `arguments`, in order.
std::vector<Override> take_overrides(Arguments& arguments);

// For commands without other arguments. Error(kUsage) where a list of `fields` has more than one value behind it, as a shell's
// pattern gives.
void refuse_values_behind_lists(const Arguments& arguments, FieldList& fields);

// Applies the layers to `fields`. Error(kUsage): an unknown key with FILE:LINE or as an option, and the nearest name.
void apply_layers(const std::vector<std::string>& files, const std::vector<Override>& overrides, FieldList& fields);

}  // namespace bertforge
