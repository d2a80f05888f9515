#pragma once
// From text to a dataset: read, tokenize over threads, write in order.
//
// Fed by text/corpus_reader.h and a Tokenizer; writes the folder that token_store.h reads. The bytes do not depend on the number
// of threads, and memory does not grow with the corpus: each thread holds one chunk of documents.

#include <cstdint>
#include <filesystem>
#include <optional>
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
  std::vector<std::string> sources;      // Its files.
  std::string format;                    // How they are read ("wikitext").
  std::string text_field = {};           // jsonl: of CorpusOptions; else "".
  bool undo_joins = false;               // Of CorpusOptions.
  std::optional<DatasetPart> part = {};  // Which part of them the reader gives; nullopt: all.
};

// Which documents of a corpus a dataset has.
struct SelectionConfig {
  bool drop_duplicates = false;  // Of equal documents only the first is kept.
  // This share of the documents, chosen by the hash of their tokens, goes to a dataset of its own. So equal documents come to one
  // side, whatever stands beside them. 0: there is no such dataset.
  double valid_fraction = 0;
};
void visit_fields(SelectionConfig& selection, FieldList& fields);

// Text whose documents are held out, all of them.
struct HeldOutCorpus {
  CorpusReader& reader;
  CorpusDescription description;
};

struct BuildOptions {
  int num_threads = 0;   // 0: what the machine has.
  bool replace = false;  // An existing dataset of that name may go.
  SelectionConfig selection = {};
  const HeldOutCorpus* held_out = nullptr;  // Instead of selection.valid_fraction; read first.
  // Of the documents that are held out, where some are. The two datasets appear together.
  std::filesystem::path valid_folder = {};
};

// Documents and sentences without a token are dropped and counted; broken UTF-8 and equal documents are counted too. Memory: 8
// to 23 bytes a document. Returns the meta.json that was written. Error(kInput) where the corpus has no text (a part of one may have
// none), or one side of a split no document; whatever fails, no half of a dataset is left.
DatasetMeta build_dataset(CorpusReader& reader, const Tokenizer& tokenizer, const std::filesystem::path& folder,
                          const BuildConfig& config, const CorpusDescription& corpus, const BuildOptions& options = {});

// Joins datasets that are the parts of one corpus into what one build of it would have given, byte for byte; in any order, each once.
// Error(kInput) where one is missing, or they are of different corpora, settings or tokenizers.
DatasetMeta merge_datasets(const std::vector<std::filesystem::path>& parts, const Tokenizer& tokenizer,
                           const std::filesystem::path& folder, const BuildOptions& options = {});

}  // namespace bertforge
