// bertforge build INPUT... --vocab FILE|DIR --output DIR
// bertforge build --merge SHARD... --output DIR

#include <filesystem>
#include <iostream>
#include <nlohmann/json.hpp>
#include <optional>

#include "bertforge/app/build.h"
#include "bertforge/app/common_options.h"
#include "bertforge/base/error.h"
#include "bertforge/base/files.h"
#include "bertforge/base/log.h"
#include "bertforge/formats/json.h"
#include "bertforge/text/tokenizer_folder.h"
#include "command_functions.h"
#include "static_build.h"

namespace bertforge {
namespace {

struct BuildRequest {
  CorpusFiles corpus;  // Its files are the shards where is_merge.
  std::string vocab, output;
  std::optional<std::string> shard;
  TokenizerOverrides overrides;
  bool is_merge = false, as_json = false;
  std::vector<std::string> valid_inputs;
  std::string valid_output;
  std::int64_t num_threads = 0;
  SelectionConfig selection;
  StaticBuild static_build;
};

void add_options(CommandLine& line, BuildRequest& request) {
  line.arguments("inputs", request.corpus.files,
                 "Text files, compressed or not, folders of them, or patterns; - is standard input");
  line.options().add("--output", request.output, "The dataset folder to make; with --static, the file");
  line.require("--output");
  add_vocab_option(line, request.vocab, request.overrides, /*is_required=*/false);
  add_corpus_options(line, request.corpus);
  add_threads_option(line, request.num_threads);
  FieldList fields;
  visit_fields(request.selection, fields);
  line.options_for(fields, {"drop_duplicates", "valid_fraction"});
  line.repeatable("--valid-input", request.valid_inputs, "Text to hold out, in the same format; needs --valid-output");
  line.options().add("--valid-output", request.valid_output, "The dataset folder of the held-out documents");
  line.optional("--shard", request.shard,
                "I/N: build part I of N (from 1), on as many machines as there are parts, for --merge", "all of it");
  line.options().add("--merge", request.is_merge,
                     "The inputs are the datasets of all shards: join them into what one build would have given");
  add_static_options(line, request.static_build);
  line.excludes("--static", {"--valid-fraction", "--valid-input", "--drop-duplicates", "--shard", "--merge"});
  line.excludes("--shard", {"--valid-fraction", "--valid-input", "--drop-duplicates", "--merge"});
  line.excludes("--merge",
                {"--vocab", "--valid-input", "--format", "--text-field", "--keep-unk", "--undo-joins", "--compat",
                 "--suffix-indicator", "--unknown-token", "--max-word-chars", "--extra-special-tokens"});
  line.excludes("--valid-fraction", {"--valid-input"});
  add_json_flag(line, request.as_json);
}

// Neither of the folders may be the other, or lie in it.
void require_apart(const std::string& output, const std::string& valid_output) {
  const auto whole = [](const std::string& path) {
    return (std::filesystem::absolute(path) / "").lexically_normal().string();
  };
  const std::string one = whole(output), other = whole(valid_output);
  if (!one.starts_with(other) && !other.starts_with(one)) return;
  fail(ErrorKind::kUsage, "build: --output ", output, " and --valid-output ", valid_output,
       " are one folder, or one lies in the other; two apart are expected");
}

void check(const BuildRequest& request) {
  if (request.vocab.empty() && !request.is_merge) fail(ErrorKind::kUsage, "build: --vocab is required");
  const bool holds_out = request.selection.valid_fraction > 0 || !request.valid_inputs.empty();
  if (holds_out != !request.valid_output.empty()) {
    fail(ErrorKind::kUsage,
         "build: --valid-output and one of --valid-fraction and --valid-input go together; one is missing");
  }
  if (request.static_build.is_asked_for) request.static_build.config.validate();
  if (holds_out) require_apart(request.output, request.valid_output);
}

void print_json(const DatasetMeta& meta, const std::string& folder) {
  std::cout << dump_json_line(parse_json(to_json(meta), folder)) << '\n';
}

void build_static(const BuildRequest& request, const Tokenizer& tokenizer) {
  const StaticFigures figures = write_static_instances(request.corpus, tokenizer, request.output,
                                                       static_cast<int>(request.num_threads), request.static_build);
  if (!request.as_json) return;
  std::cout << dump_ordered_json_line({{"output", request.output},
                                       {"instances", figures.num_instances},
                                       {"masked_tokens", figures.num_masked},
                                       {"random_next", figures.num_random_next}})
            << '\n';
}

void build(BuildRequest& request) {
  const BuildOptions options = {.num_threads = static_cast<int>(request.num_threads),
                                .selection = request.selection,
                                .valid_folder = request.valid_output};
  std::optional<Shard> shard;
  if (request.shard) shard = parse_shard(*request.shard, "build: --shard");
  const auto tokenizer = load_tokenizer(tokenizer_path(request.vocab), request.overrides);
  if (request.overrides.compat == "google") take_google_habits(request.corpus, request.static_build);
  request.corpus.files = expand_inputs(request.corpus.files);
  settle_format(request.corpus);
  if (request.static_build.is_asked_for) return build_static(request, *tokenizer);

  CorpusFiles held_out = request.corpus;
  held_out.files = expand_inputs(request.valid_inputs);
  const DatasetMeta meta = build_corpus_dataset(request.corpus, *tokenizer, request.output, options, shard,
                                                held_out.files.empty() ? nullptr : &held_out);
  if (request.as_json) print_json(meta, request.output);
}

void merge(const BuildRequest& request) {
  const DatasetMeta meta = merge_shards(expand_patterns(request.corpus.files), request.output,
                                        {.num_threads = static_cast<int>(request.num_threads),
                                         .selection = request.selection,
                                         .valid_folder = request.valid_output});
  if (request.as_json) print_json(meta, request.output);
}

}  // namespace

int build_command(const Arguments& arguments) {
  BuildRequest request;
  CommandLine line("build", "Turns text into a dataset: token ids, and where sentences and documents begin.");
  add_options(line, request);
  if (!line.parse(arguments)) return 0;
  check(request);

  if (request.is_merge) {
    merge(request);
  } else {
    build(request);
  }
  if (!request.static_build.is_asked_for) {
    log_info("dataset: ", request.output, request.valid_output.empty() ? "" : "; held out: " + request.valid_output);
  }
  return 0;
}

}  // namespace bertforge
