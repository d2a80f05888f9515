#include "bertforge/objective/objective.h"

#include <ATen/ATen.h>

#include <algorithm>

#include "bertforge/base/error.h"
#include "bertforge/base/field_list.h"
#include "bertforge/objective/masked_lm.h"
#include "bertforge/objective/next_sentence.h"

namespace bertforge {

const std::vector<ObjectiveEntry>& objective_table() {
  static const std::vector<ObjectiveEntry> table = {
      {"masked_lm", "Name the pieces that were masked.", [] { return make_masked_lm(); }},
      {"next_sentence", "Tell whether B follows A or is random.", [] { return make_next_sentence(); }},
  };
  return table;
}

std::vector<std::unique_ptr<Objective>> make_objectives(const std::vector<std::string>& names) {
  std::vector<std::string> known;
  for (const ObjectiveEntry& entry : objective_table()) known.push_back(entry.name);
  if (names.empty()) fail(ErrorKind::kUsage, "train.objectives is empty; name at least one, such as ", known.front());

  std::vector<std::unique_ptr<Objective>> objectives;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (std::count(names.begin(), names.begin() + static_cast<std::ptrdiff_t>(i), names[i]) != 0) {
      fail(ErrorKind::kUsage, "train.objectives names ", names[i], " twice");
    }
    const auto entry = std::find_if(objective_table().begin(), objective_table().end(),
                                    [&](const ObjectiveEntry& candidate) { return candidate.name == names[i]; });
    if (entry == objective_table().end()) {
      fail(ErrorKind::kUsage, "train.objectives has \"", names[i], "\"; ", allowed_names(names[i], known));
    }
    objectives.push_back(entry->make());
  }
  return objectives;
}

std::vector<LossTerm> loss_terms(BertForPreTraining& model, const std::vector<std::unique_ptr<Objective>>& objectives,
                                 const PreTrainingBatch& batch, ForwardContext context) {
  std::vector<at::Tensor> rows;
  for (const auto& objective : objectives) rows.push_back(objective->rows(batch));
  context.output_rows = at::cat(rows);
  // Without targets there is nothing to compute, and nothing to go back through.
  const at::Tensor hidden =
      context.output_rows.size(0) > 0
          ? model->encode(batch.input, context).last_hidden_state
          : at::zeros({0, model->config.hidden_size}, model->bert->embeddings->word_embeddings->weight.options());
  std::vector<LossTerm> terms;
  std::int64_t first = 0;
  for (std::size_t i = 0; i < objectives.size(); ++i) {
    terms.push_back(objectives[i]->loss(model, hidden.narrow(0, first, rows[i].size(0)), batch));
    first += rows[i].size(0);
  }
  return terms;
}

}  // namespace bertforge
