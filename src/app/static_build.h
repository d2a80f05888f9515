#pragma once
// `build --static`: instances written out once, as google-research/bert's create_pretraining_data does.

#include <string>

#include "bertforge/app/command_line.h"
#include "bertforge/app/corpus.h"
#include "bertforge/data/static_instances.h"
#include "bertforge/text/tokenizer.h"

namespace bertforge {

struct StaticBuild {
  bool is_asked_for = false;
  std::string rng = "counter";
  std::int64_t seed = 12345;  // google-research/bert's default.
  StaticConfig config;
};

// --static and what belongs to it.
void add_static_options(CommandLine& line, StaticBuild& build);

struct StaticFigures {
  std::int64_t num_instances = 0, num_masked = 0, num_random_next = 0;
};

// What --compat google means besides its tokenizer: the reference's habits in reading, for datasets too, in pairing and in masking.
void take_google_habits(CorpusFiles& corpus, StaticBuild& build);

// Writes the instances of the corpus to the file `output`, whose name says the format. Settings that cannot be are refused
// before the corpus is read.
StaticFigures write_static_instances(const CorpusFiles& corpus, const Tokenizer& tokenizer, const std::string& output,
                                     int num_threads, const StaticBuild& build);

}  // namespace bertforge
