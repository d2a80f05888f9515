#pragma once
// A dataset from the user's text files. Fed by the commands build and pretrain; feeds data/dataset_builder.h.

#include <filesystem>
#include <string>

#include "bertforge/app/corpus.h"
#include "bertforge/data/dataset_meta.h"
#include "bertforge/text/tokenizer.h"

namespace bertforge {

// What `build` can do besides.
struct BuildChoices {
  bool drop_duplicates = false;
  double valid_fraction = 0;      // This share of the documents goes to ...
  std::string valid_output = "";  // ... a dataset of its own.
};

// Builds the dataset folder `output`, which must not exist or be empty, and logs what is in it. Its bytes do not
// depend on `num_threads` (0: all of the machine). Returns what its meta.json says.
DatasetMeta build_corpus_dataset(const CorpusFiles& corpus, const Tokenizer& tokenizer,
                                 const std::filesystem::path& output, int num_threads,
                                 const BuildChoices& choices = {});

}  // namespace bertforge
