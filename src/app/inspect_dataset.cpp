#include <iostream>

#include "bertforge/data/dataset_report.h"
#include "bertforge/text/tokenizer_folder.h"
#include "inspect.h"

namespace bertforge {

void inspect_dataset_folder(const InspectOptions& options) {
  const TokenStore store(options.path);
  const auto tokenizer = load_tokenizer(store.tokenizer_folder());
  const DatasetReport report = inspect_dataset(store, *tokenizer, options.loader);
  const auto examples = describe_examples(store, *tokenizer, options.loader, options.num_examples);

  if (options.as_json) {
    Figures figures = Figures::parse(to_json(report));
    if (!examples.empty()) figures["examples"] = examples;
    std::cout << figures.dump() << '\n';
    return;
  }
  std::cout << to_text(report);
  for (const std::string& example : examples) std::cout << '\n' << example << '\n';
}

}  // namespace bertforge
