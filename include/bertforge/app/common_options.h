#pragma once
// Options and arguments that several commands have, with one name and one help everywhere.
//
// Used by src/app/*_command.cpp.

#include <cstdint>
#include <filesystem>
#include <string>

#include "bertforge/app/command_line.h"
#include "bertforge/app/corpus.h"
#include "bertforge/data/masking.h"
#include "bertforge/data/pairing.h"
#include "bertforge/text/tokenizer_config.h"

namespace bertforge {

// --threads N, for commands that have work to divide.
void add_threads_option(CommandLine& line, std::int64_t& num_threads);

// --device and --precision, for commands that run a model.
void add_model_options(CommandLine& line, std::string& device, std::string& precision);

// --vocab FILE|DIR, and the tokenizer flags that speak against its settings. tokenizer_path() has what DIR may be.
void add_vocab_option(CommandLine& line, std::string& vocab, TokenizerOverrides& overrides, bool is_required = true);
void add_tokenizer_flags(CommandLine& line, TokenizerOverrides& overrides);

// The tokenizer that --vocab means: a tokenizer or model folder is itself, a dataset's is in it, a run's in its best, else its
// latest checkpoint.
std::filesystem::path tokenizer_path(const std::string& vocab);

// [INPUT]: a file; nothing or `-` for standard input. `what` opens the help.
void add_optional_input(CommandLine& line, std::string& input, const std::string& what);

// --format, --text-field, --undo-joins and --keep-unk, for commands that read a corpus.
void add_corpus_options(CommandLine& line, CorpusFiles& corpus);

// --max-seq-length, --pairing and --masking, for commands that draw examples.
void add_example_options(CommandLine& line, PairingConfig& pairing, MaskingConfig& masking);

// --json, for commands whose output another program may read.
void add_json_flag(CommandLine& line, bool& as_json);

}  // namespace bertforge
