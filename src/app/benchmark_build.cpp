// bertforge benchmark build INPUT... --vocab FILE|DIR

#include <unistd.h>

#include <algorithm>
#include <iostream>
#include <nlohmann/json.hpp>

#include "benchmarks.h"
#include "bertforge/app/build.h"
#include "bertforge/app/common_options.h"
#include "bertforge/base/cpu.h"
#include "bertforge/base/error.h"
#include "bertforge/base/files.h"
#include "bertforge/base/parallel.h"
#include "bertforge/data/batch_loader.h"
#include "bertforge/data/example_maker.h"
#include "bertforge/formats/json.h"
#include "bertforge/text/line_blocks.h"
#include "bertforge/text/tokenizer_folder.h"

namespace bertforge {
namespace {

namespace fs = std::filesystem;

struct BuildBenchmark {
  CorpusFiles corpus;
  std::int64_t num_threads = 1, num_passes = 3;
  LoaderConfig loader;
};

double fastest(std::vector<double> seconds) { return *std::ranges::min_element(seconds); }

// What the same text costs the tokenizer alone, its lines in memory: the limit of any builder.
struct Encoding {
  std::uint64_t num_bytes = 0;
  std::vector<double> seconds;  // A pass each, all but the first warm.
};

Encoding measure_encoding(const BuildBenchmark& benchmark, const Tokenizer& tokenizer) {
  std::vector<LineBlock> blocks;
  for (const std::string& file : benchmark.corpus.files) {
    LineBlockReader reader(file);
    for (LineBlock block; reader.next(block);) blocks.push_back(std::move(block));
  }
  Encoding encoding;
  std::vector<std::string_view> lines;
  for (const LineBlock& block : blocks) {
    encoding.num_bytes += block.bytes.size();
    block.for_each_part([&](const LinePart& line) { lines.push_back(line.text); });
  }
  for (std::int64_t i = 0; i <= benchmark.num_passes; ++i) {
    const Stopwatch stopwatch;
    TokenBatch batch;
    tokenizer.encode_batch(lines, static_cast<int>(benchmark.num_threads), batch);
    encoding.seconds.push_back(stopwatch.seconds());
  }
  return encoding;
}

// Seconds of each build; the last dataset is left at `folder`.
std::vector<double> measure_builds(const BuildBenchmark& benchmark, const Tokenizer& tokenizer,
                                   const fs::path& folder) {
  std::vector<double> seconds;
  for (std::int64_t i = 0; i < benchmark.num_passes; ++i) {
    fs::remove_all(folder);
    const Stopwatch stopwatch;
    build_corpus_dataset(benchmark.corpus, tokenizer, folder, {.num_threads = static_cast<int>(benchmark.num_threads)});
    seconds.push_back(stopwatch.seconds());
  }
  return seconds;
}

// Examples of the shuffled first epoch, made and masked on one thread for a second or so.
nlohmann::ordered_json measure_examples(const BuildBenchmark& benchmark, const Tokenizer& tokenizer,
                                        const fs::path& folder) {
  constexpr double kSeconds = 1.0;
  const TokenStore store(folder);
  const LoaderConfig& loader = benchmark.loader;
  const ExampleMaker maker(store, tokenizer, loader.pairing, loader.masking);
  const Stopwatch planning;
  const EpochPlan plan = maker.plan(CounterRandom(loader.seed), /*epoch=*/0);
  const double plan_seconds = planning.seconds();

  std::int64_t num_examples = 0, num_tokens = 0, num_targets = 0;
  const Stopwatch stopwatch;
  for (; num_examples % 1024 != 0 || stopwatch.seconds() < kSeconds; ++num_examples) {
    const Example example = maker.make(plan, num_examples % plan.num_examples());
    num_tokens += std::ssize(example.ids);
    num_targets += std::ssize(example.masked_positions);
  }
  const double seconds = stopwatch.seconds();
  const auto count = static_cast<double>(num_examples);
  return {{"examples_per_second_one_thread", count / seconds},
          {"example_tokens_per_second", static_cast<double>(num_tokens) / seconds},
          {"tokens_per_example", static_cast<double>(num_tokens) / count},
          {"targets_per_example", static_cast<double>(num_targets) / count},
          {"examples_per_epoch", plan.num_examples()},
          {"plan_milliseconds", plan_seconds * 1e3},
          {"max_seq_length", loader.pairing.max_seq_length},
          {"pairing", loader.pairing.pairing},
          {"masking", loader.masking.masking}};
}

// Which share of a batch's positions is padding where each sequence is filled up to the longest: shuffled, and grouped by length.
nlohmann::ordered_json measure_padding(const BuildBenchmark& benchmark, const Tokenizer& tokenizer,
                                       const fs::path& folder) {
  constexpr std::int64_t kMaxExamples = 200'000, kWindow = 8192;
  const TokenStore store(folder);
  const auto wasted = [&](std::int64_t length_window) {
    LoaderConfig loader = benchmark.loader;
    loader.length_window = length_window;
    BatchLoader batches(store, tokenizer, loader);
    std::int64_t num_examples = 0, num_tokens = 0, num_positions = 0;
    while (num_examples < kMaxExamples) {
      const GlobalBatch global = batches.next();
      if (global.next.epoch > 0) break;
      for (const Batch& batch : global.micro_batches) {
        num_examples += batch.num_sequences();
        num_tokens += batch.num_tokens();
        num_positions += batch.num_sequences() * batch.max_length();
      }
    }
    if (num_positions == 0) return nlohmann::ordered_json();  // An epoch is less than a batch: there is no figure.
    return nlohmann::ordered_json(1.0 - static_cast<double>(num_tokens) / static_cast<double>(num_positions));
  };
  return {{"batch_size", benchmark.loader.batch_size},
          {"wasted_share_shuffled", wasted(0)},
          {"length_window", kWindow},
          {"wasted_share_grouped", wasted(kWindow)}};
}

}  // namespace

int benchmark_build(const Arguments& arguments) {
  BuildBenchmark benchmark;
  std::string vocab, work = fs::temp_directory_path().string();
  TokenizerOverrides overrides;

  CommandLine line("benchmark build",
                   "Measures the dataset builder beside the tokenizer alone, in this process, and then the examples "
                   "drawn from the dataset. Prints one JSON object; speeds are of uncompressed text.");
  line.arguments("inputs", benchmark.corpus.files, "Text files, compressed or not, folders of them, or patterns");
  add_vocab_option(line, vocab, overrides);
  add_corpus_options(line, benchmark.corpus);
  add_threads_option(line, benchmark.num_threads);
  line.options().add("--passes", benchmark.num_passes, "How often to build", {.min = 1, .max = 1000});
  line.options().add("--work", work, "A folder for the datasets; what is made there is removed");
  line.options().add("--batch-size", benchmark.loader.batch_size, "Sequences of a padded batch",
                     {.min = 1, .max = 65536});
  add_example_options(line, benchmark.loader.pairing, benchmark.loader.masking);
  if (!line.parse(arguments)) return 0;
  benchmark.corpus.files = expand_inputs(benchmark.corpus.files);
  if (std::ranges::find(benchmark.corpus.files, "-") != benchmark.corpus.files.end()) {
    fail(ErrorKind::kUsage, "benchmark build reads its files several times; standard input cannot be");
  }
  settle_format(benchmark.corpus);
  const auto tokenizer = load_tokenizer(tokenizer_path(vocab), overrides);

  const StagedFolder scratch(fs::path(work) / concat("bertforge-benchmark-", ::getpid()));  // Never published.
  const fs::path folder = scratch.path() / "dataset";
  const std::vector<double> builds = measure_builds(benchmark, *tokenizer, folder);
  const Encoding encoding = measure_encoding(benchmark, *tokenizer);
  const double megabytes = static_cast<double>(encoding.num_bytes) / 1e6;
  const double warm = fastest({encoding.seconds.begin() + 1, encoding.seconds.end()});
  nlohmann::ordered_json figures = {
      {"files", benchmark.corpus.files},
      {"format", benchmark.corpus.format},
      {"megabytes", megabytes},
      {"threads", resolve_num_threads(static_cast<int>(benchmark.num_threads))},
      {"build_mb_per_second", megabytes / fastest(builds)},
      {"median_build_mb_per_second", megabytes / median(builds)},
      {"tokenize_cold_mb_per_second", megabytes / encoding.seconds.front()},
      {"tokenize_warm_mb_per_second", megabytes / warm},
      {"share_of_tokenize", warm / fastest(builds)},
      {"cpu", cpu_name()},
  };
  figures["examples"] = measure_examples(benchmark, *tokenizer, folder);
  figures["padding"] = measure_padding(benchmark, *tokenizer, folder);
  std::cout << dump_ordered_json_line(figures) << '\n';
  return 0;
}

}  // namespace bertforge
