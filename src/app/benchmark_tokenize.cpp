// bertforge benchmark tokenize --vocab FILE|DIR FILE

#include <algorithm>
#include <iostream>
#include <nlohmann/json.hpp>

#include "benchmarks.h"
#include "bertforge/app/common_options.h"
#include "bertforge/base/cpu.h"
#include "bertforge/base/error.h"
#include "bertforge/base/files.h"
#include "bertforge/base/parallel.h"
#include "bertforge/formats/json.h"
#include "bertforge/text/require_text.h"
#include "bertforge/text/tokenizer_folder.h"
#include "bertforge/text/wordpiece_tokenizer.h"

namespace bertforge {
namespace {

std::vector<std::string_view> lines_of(std::string_view content) {
  std::vector<std::string_view> lines;
  for (std::size_t begin = 0; begin < content.size();) {
    const std::size_t end = std::min(content.find('\n', begin), content.size());
    lines.push_back(content.substr(begin, end - begin));
    begin = end + 1;
  }
  return lines;
}

std::vector<std::string> path_names() {
  std::vector<std::string> names = {"auto"};
  for (const NamedEncoderPath& entry : encoder_paths()) names.emplace_back(entry.name);
  return names;
}

// Of a tokenizer of another kind there is one path only.
void choose_path(Tokenizer& tokenizer, const std::string& name) {
  if (name == "auto") return;
  auto* wordpiece = dynamic_cast<WordPieceTokenizer*>(&tokenizer);
  if (wordpiece == nullptr) fail(ErrorKind::kUsage, "--instructions is for WordPiece tokenizers");
  wordpiece->choose_encoder_path(std::ranges::find(encoder_paths(), name, &NamedEncoderPath::name)->path);
}

struct Measurement {
  double load_seconds = 0;
  std::vector<double> pass_seconds;  // The first is cold: the caches are empty.
  std::size_t num_tokens = 0;
};

// Every pass fills a batch of its own, as a first caller's would be.
void measure_passes(const Tokenizer& tokenizer, const std::vector<std::string_view>& lines, int num_threads,
                    std::int64_t num_passes, Measurement& measurement) {
  for (std::int64_t i = 0; i < num_passes; ++i) {
    const Stopwatch stopwatch;
    TokenBatch batch;
    tokenizer.encode_batch(lines, num_threads, batch);
    measurement.pass_seconds.push_back(stopwatch.seconds());
    measurement.num_tokens = batch.num_tokens();
  }
}

}  // namespace

int benchmark_tokenize(const Arguments& arguments) {
  std::string vocab, input, instructions = "auto";
  TokenizerOverrides overrides;
  std::int64_t num_threads = 1, num_passes = 9;

  CommandLine line("benchmark tokenize",
                   "Measures encoding: the lines of a file, in memory, to ids in a new buffer. Prints one JSON object; "
                   "cold is the first pass, warm the fastest of the others.");
  line.argument("file", input, "A text file");
  add_vocab_option(line, vocab, overrides);
  add_threads_option(line, num_threads);
  line.options().add("--passes", num_passes, "How often to encode the file", {.min = 2, .max = 100000});
  line.options().add("--instructions", instructions, "The code to measure; auto: the fastest that the CPU can run",
                     path_names());
  if (!line.parse(arguments)) return 0;

  Measurement measurement;
  const Stopwatch stopwatch;
  const auto tokenizer = load_tokenizer(tokenizer_path(vocab), overrides);
  choose_path(*tokenizer, instructions);
  std::vector<TokenId> ids;
  tokenizer->encode("a", ids);  // Makes the first thread's cache.
  measurement.load_seconds = stopwatch.seconds();

  require_file(input);
  const std::string content = read_file(input);
  require_text(std::string_view(content).substr(0, 4096), input);
  const std::vector<std::string_view> lines = lines_of(content);
  if (lines.empty()) fail(ErrorKind::kInput, input, " is empty; text to encode is expected");
  measure_passes(*tokenizer, lines, static_cast<int>(num_threads), num_passes, measurement);

  const auto mb_per_second = [&](double seconds) { return static_cast<double>(content.size()) / 1e6 / seconds; };
  const auto& passes = measurement.pass_seconds;
  std::vector<double> warm(passes.begin() + 1, passes.end());
  std::ranges::sort(warm);
  nlohmann::ordered_json figures = {
      {"file", input},
      {"megabytes", static_cast<double>(content.size()) / 1e6},
      {"lines", lines.size()},
      {"tokens", measurement.num_tokens},
      {"threads", resolve_num_threads(static_cast<int>(num_threads))},
      {"cold_mb_per_second", mb_per_second(passes.front())},
      {"warm_mb_per_second", mb_per_second(warm.front())},
      {"median_warm_mb_per_second", mb_per_second(warm[warm.size() / 2])},
      {"warm_tokens_per_second", static_cast<double>(measurement.num_tokens) / warm.front()},
      {"load_milliseconds", measurement.load_seconds * 1e3},
      {"cpu", cpu_name()},
  };
  if (const auto* wordpiece = dynamic_cast<const WordPieceTokenizer*>(tokenizer.get())) {
    figures["instructions"] =
        std::ranges::find(encoder_paths(), wordpiece->encoder_path(), &NamedEncoderPath::path)->name;
    figures["memory_megabytes"] = static_cast<double>(wordpiece->encoder_memory_bytes()) / 1e6;
  }
  std::cout << dump_ordered_json_line(figures) << '\n';
  return 0;
}

}  // namespace bertforge
