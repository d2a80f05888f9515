#pragma once
// A dataset from the user's text files. Fed by the commands build and pretrain; feeds data/dataset_builder.h.

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "bertforge/app/corpus.h"
#include "bertforge/data/dataset_builder.h"
#include "bertforge/data/token_store.h"
#include "bertforge/text/corpus_part.h"
#include "bertforge/text/tokenizer.h"

namespace bertforge {

// Builds the dataset folder `output`, which must not exist or be empty, and logs what is in it. Its bytes do not
// depend on options.num_threads. `shard`: of that part of the corpus alone, to be merged. `held_out`: text for options.valid_folder;
// the two datasets appear together. `notice`: what a signal is answered with meanwhile; "": what is being built, and what is
// unfinished. Returns what its meta.json says.
DatasetMeta build_corpus_dataset(const CorpusFiles& corpus, const Tokenizer& tokenizer,
                                 const std::filesystem::path& output, const BuildOptions& options,
                                 std::optional<Shard> shard = {}, const CorpusFiles* held_out = nullptr,
                                 const std::string& notice = "");

// Joins the datasets of all shards, in the folders `shards`, into the dataset folder `output`, and logs what is in it.
DatasetMeta merge_shards(const std::vector<std::string>& shards, const std::filesystem::path& output,
                         const BuildOptions& options);

// Logs a warning where a document is in both.
void warn_of_common_documents(const TokenStore& training, const TokenStore& held_out, int num_threads);

// "2/3". Error(kUsage) that names `option`.
Shard parse_shard(const std::string& text, const std::string& option);

}  // namespace bertforge
