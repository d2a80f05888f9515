#include "bertforge/app/common_options.h"

#include "bertforge/app/corpus.h"
#include "bertforge/base/files.h"
#include "bertforge/checkpoint/paths.h"
#include "bertforge/data/token_store.h"
#include "bertforge/text/sentencepiece_tokenizer.h"

namespace bertforge {

void add_threads_option(CommandLine& line, std::int64_t& num_threads) {
  line.options().add("--threads", num_threads, "Threads; 0 for all of the machine", {.min = 0, .max = 4096});
}

void add_model_options(CommandLine& line, std::string& device, std::string& precision) {
  line.options().add("--device", device, "Where to compute: cpu, cuda, cuda:N, or auto, CUDA where there is one");
  line.options().add("--precision", precision,
                     "What to compute in; auto: bfloat16 where the device has instructions for it; float16 is for CUDA",
                     {"float32", "bfloat16", "float16", "auto"});
}

void add_vocab_option(CommandLine& line, std::string& vocab, TokenizerOverrides& overrides, bool is_required) {
  line.options().add("--vocab", vocab,
                     "A tokenizer folder, or a model, run or dataset with one; or a vocab.txt (then uncased, as "
                     "Hugging Face has it), or a sentencepiece "
                     ".model");
  if (is_required) line.require("--vocab");
  add_tokenizer_flags(line, overrides);
}

std::filesystem::path tokenizer_path(const std::string& vocab) {
  const std::filesystem::path folder = vocab;
  const auto has_tokenizer = [](const std::filesystem::path& path) {
    return path_exists(path / "vocab.txt") || path_exists(path / "tokenizer.json") ||
           path_exists(path / kSentencePieceModelName);
  };
  if (!folder_exists(folder) || has_tokenizer(folder)) return folder;
  const RunPaths run{folder};
  for (const auto& inner : {folder / dataset_files::kTokenizer, run.best(), run.latest()}) {
    if (has_tokenizer(inner)) return inner;
  }
  return folder;  // What is missing is told where it is read.
}

void add_tokenizer_flags(CommandLine& line, TokenizerOverrides& overrides) {
  line.optional("--compat", overrides.compat,
                "The program whose ids are given; it has its own defaults for the options below", "huggingface",
                compat_names());
  line.toggle("lowercase", overrides.lowercase, "Make text lower case");
  line.toggle("strip-accents", overrides.strip_accents, "Remove accents; unless said, as --lowercase");
  line.toggle("split-cjk", overrides.split_cjk, "Make every Chinese character a word");
  line.toggle("clean-text", overrides.clean_text, "Delete control characters, make white space alike");
  line.toggle("split", overrides.split, "Split words at punctuation; else words are what stands between white space");
  line.optional("--suffix-indicator", overrides.suffix_indicator, "What pieces that continue a word begin with", "##");
  line.optional("--unknown-token", overrides.unknown_token, "The piece for words that no pieces fit", "[UNK]");
  line.optional("--max-word-chars", overrides.max_word_chars, "Longer words, in characters (keras: bytes), are unknown",
                "100, google: 200", {.min = 1});
  line.options().add("--extra-special-tokens", overrides.extra_special_tokens,
                     "Other pieces that are special tokens, as [MASK] is: A,B");
}

void add_optional_input(CommandLine& line, std::string& input, const std::string& what) {
  line.optional_argument("input", input, what + "; - is standard input");
}

void add_corpus_options(CommandLine& line, CorpusFiles& corpus) {
  line.options().add("--format", corpus.format, corpus_format_help(), corpus_format_names());
  line.options().add("--text-field", corpus.options.text_field, "jsonl: the member that holds a document's text");
  line.options().add("--undo-joins", corpus.options.undo_joins,
                     "wikitext: read \"a @-@ b\" as \"a-b\", and @,@ and @.@ likewise");
  line.options().add("--keep-unk", corpus.keep_unk,
                     "Read WikiText's <unk> as text; otherwise it is [UNK] and never learned");
}

void add_example_options(CommandLine& line, PairingConfig& pairing, MaskingConfig& masking) {
  FieldList fields;
  visit_fields(pairing, fields);
  visit_fields(masking, fields);
  line.options_for(fields, {"max_seq_length", "pairing", "masking"});
}

void add_json_flag(CommandLine& line, bool& as_json) {
  line.options().add("--json", as_json, "Print JSON instead of text, for other programs");
}

}  // namespace bertforge
