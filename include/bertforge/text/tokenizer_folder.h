#pragma once
// Tokenizers on disk: a folder as Hugging Face's BERT has it, or a bare vocab.txt;
// a folder with a sentencepiece model, tokenizer.model, or a bare .model.
//
// Feeds every command and room that needs a tokenizer; Tokenizer::save writes what this reads. Where a folder has a
// tokenizer.json, pieces come from it, and the settings as transformers' AutoTokenizer has them (docs/tokenizer.md). Otherwise
// vocab.txt and tokenizer_config.json are read.

#include <filesystem>
#include <memory>
#include <string>

#include "bertforge/text/tokenizer.h"
#include "bertforge/text/tokenizer_config.h"

namespace bertforge {

// `path`: a folder, or a file of one piece a line, whose settings are the defaults (which is logged), or a .model.
// Error(kUsage): `path` is missing, or a folder without tokenizer. Error(kInput): the files make no WordPiece tokenizer with
// BERT's normalizer and pre-tokenizer, and no sentencepiece tokenizer.
std::unique_ptr<Tokenizer> load_tokenizer(const std::filesystem::path& path, const TokenizerOverrides& overrides = {});

// Those of [PAD], [CLS], [SEP] and [MASK] that `tokenizer` has not, by their tasks: "cls, mask"; "" where it has all.
std::string missing_special_tokens(const Tokenizer& tokenizer);

// Error(kInput) that names them; pre-training needs them all. `origin`: where the tokenizer came from.
void require_special_tokens(const Tokenizer& tokenizer, const std::string& origin);

// The same of [CLS] and [SEP] alone, for what puts them around a text.
void require_cls_and_sep(const Tokenizer& tokenizer, const std::string& origin);

}  // namespace bertforge
