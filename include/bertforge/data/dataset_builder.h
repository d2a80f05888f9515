#pragma once
// From text to a dataset: read, tokenize over threads, write in order.
//
// Fed by text/corpus_reader.h and a Tokenizer; writes the folder that token_store.h reads. The bytes do not depend on the number
// of threads, and memory does not grow with the corpus: each thread holds one chunk of documents.

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "bertforge/base/field_list.h"
#include "bertforge/data/dataset_meta.h"
#include "bertforge/text/corpus_reader.h"
#include "bertforge/text/tokenizer.h"

namespace bertforge {

struct BuildConfig {
  // WikiText writes `<unk>` for words it has dropped. By default that word becomes [UNK], in corpora of every format; true
  // reads it as any other text.
  bool keep_unk = false;
};
void visit_fields(BuildConfig& config, FieldList& fields);

// What meta.json says of the corpus.
struct CorpusDescription {
  std::vector<std::string> sources;  // Its files.
  std::string format;                // How they are read ("wikitext").
};

struct BuildOptions {
  int num_threads = 0;   // 0: what the machine has.
  bool replace = false;  // An existing dataset of that name may go.
};

// Documents and sentences without a token are dropped and counted; broken UTF-8 is counted too. Returns the meta.json
// that was written. Error(kInput) where the corpus has no text; whatever fails, no half of a dataset is left.
DatasetMeta build_dataset(CorpusReader& reader, const Tokenizer& tokenizer, const std::filesystem::path& folder,
                          const BuildConfig& config, const CorpusDescription& corpus, const BuildOptions& options = {});

}  // namespace bertforge
