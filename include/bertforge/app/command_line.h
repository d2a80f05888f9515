#pragma once
// What the command lines of all commands have in common. CLI11 reads them; its faults become Errors of one line.
//
// Used by every src/app/*_command.cpp.

#include <CLI/CLI.hpp>

#include <optional>
#include <string>

#include "bertforge/app/program.h"
#include "bertforge/base/field_list.h"
#include "bertforge/text/tokenizer_config.h"

namespace bertforge {

// Adds --log-level, --quiet, --no-progress, reads `arguments`, and sets logging up. False where --help was asked for
// and given. Error(kUsage): an unknown option (with the nearest name, that of a setting in `settings` included), a
// missing or an impossible value.
bool parse_command_line(CLI::App& line, const Arguments& arguments, const FieldList* settings = nullptr);

// --threads N, for commands that have work to divide.
void add_threads_option(CLI::App& line, int& num_threads);

// --vocab FILE|DIR, required, and the tokenizer flags that speak against its settings.
void add_vocab_option(CLI::App& line, std::string& vocab, TokenizerOverrides& overrides);
void add_tokenizer_flags(CLI::App& line, TokenizerOverrides& overrides);

// INPUT... or nothing for standard input, `-` too. `what` follows in the help.
void add_optional_input(CLI::App& line, std::string& input, const std::string& what);

// --format auto|lines|wikitext and --keep-unk, for commands that read a corpus.
void add_corpus_options(CLI::App& line, std::string& format, bool& keep_unk);

}  // namespace bertforge
