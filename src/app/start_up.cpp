#include "start_up.h"

#include <ATen/Parallel.h>

#include <cmath>

#include "bertforge/base/log.h"
#include "bertforge/data/dataset_report.h"

namespace bertforge {

std::string grouped(std::int64_t count) {
  const std::string digits = std::to_string(count);
  std::string text;
  for (std::size_t i = 0; i < digits.size(); ++i) {
    if (i > 0 && (digits.size() - i) % 3 == 0) text += ',';
    text += digits[i];
  }
  return text;
}

void log_start_up(const RunConfig& config, const PreparedData& data, const ParameterStore& store, at::Device device,
                  const std::string& kernels) {
  const BertConfig& model = config.model;
  log_info("model: ", model.num_hidden_layers, " layers of ", model.hidden_size, ", ", model.num_attention_heads,
           " heads, vocabulary ", grouped(model.vocab_size), ": ", grouped(store.num_parameters()), " parameters");

  const DatasetReport report = inspect_dataset(*data.train, *data.tokenizer, config.loader());
  const DatasetCounts& counts = report.meta.counts;
  log_info("data: ", grouped(counts.documents), " documents, ", grouped(counts.sentences), " sentences, ",
           grouped(counts.tokens), " tokens; ", grouped(report.num_examples), " examples an epoch");

  const bool counts_tokens = config.train.batch_tokens > 0;
  const double sequences = counts_tokens ? static_cast<double>(config.train.batch_tokens) / report.example_tokens.mean()
                                         : static_cast<double>(config.train.batch_size);
  const double updates = std::ceil(static_cast<double>(report.num_examples) / sequences);
  log_info("updates: ", counts_tokens ? "about " : "", std::llround(sequences), " sequences of at most ",
           config.data.pairing.max_seq_length, ", about ",
           grouped(std::llround(report.example_tokens.mean() * sequences)), " tokens; ", grouped(std::llround(updates)),
           " an epoch; for ", to_string(config.train.duration));
  log_info("computing on ", device.str(), " in ", config.train.precision, " with ", at::get_num_threads(), " threads, ",
           device.is_cpu() ? kernels + " kernels, " : "", "seed ", config.train.seed);
  for (const std::string& warning : report.warnings) log_warning("training data: ", warning);
}

}  // namespace bertforge
