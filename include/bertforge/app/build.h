#pragma once
// A dataset from the user's text files. Fed by the commands build and pretrain; feeds data/dataset_builder.h.

#include <filesystem>

#include "bertforge/app/corpus.h"
#include "bertforge/data/dataset_builder.h"
#include "bertforge/text/tokenizer.h"

namespace bertforge {

// Builds the dataset folder `output`, which must not exist or be empty, and logs what is in it. Its bytes do not
// depend on options.num_threads. Returns what its meta.json says.
DatasetMeta build_corpus_dataset(const CorpusFiles& corpus, const Tokenizer& tokenizer,
                                 const std::filesystem::path& output, const BuildOptions& options);

}  // namespace bertforge
