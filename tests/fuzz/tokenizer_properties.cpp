#include "fuzz/tokenizer_properties.h"

#include <algorithm>

#include "bertforge/base/error.h"
#include "bertforge/text/unicode.h"
#include "bertforge/text/wordpiece_tokenizer.h"

namespace bertforge {
namespace {

using Ids = std::vector<TokenId>;

std::string to_text(const Ids& ids) {
  std::string text;
  for (const TokenId id : ids) text += concat(" ", id);
  return text;
}

std::string difference(const std::string& what, const Ids& found, const Ids& expected) {
  return concat(what, "\n  found:   ", to_text(found), "\n  expected:", to_text(expected), "\n");
}

Ids encode(const Tokenizer& tokenizer, std::string_view text, SpecialTokensInText specials) {
  Ids ids;
  tokenizer.encode(text, ids, specials);
  return ids;
}

Ids ids_of(const std::vector<Token>& tokens) {
  Ids ids;
  for (const Token& token : tokens) ids.push_back(token.id);
  return ids;
}

std::string check_encode(const Tokenizer& tokenizer, std::string_view text, SpecialTokensInText specials,
                         const Ids& expected) {
  for (const char* time : {"first", "second"}) {  // With a cache that does not know the text, and one that does.
    const Ids ids = encode(tokenizer, text, specials);
    if (ids != expected) return difference(concat("encoded for the ", time, " time"), ids, expected);
  }
  Ids ids = {7};
  tokenizer.encode(text, ids, specials);
  if (ids.front() != 7 || !std::equal(ids.begin() + 1, ids.end(), expected.begin(), expected.end())) {
    return difference("appended to the id 7", ids, expected);
  }
  return "";
}

// Marks that change places may be out of order among themselves, so order is asked of where tokens begin.
std::string check_offsets(const std::vector<Token>& tokens, std::string_view text) {
  const std::size_t num_chars = count_code_points(text);
  std::uint32_t byte_before = 0, char_before = 0;
  for (const Token& token : tokens) {
    const bool is_inside = token.byte_begin < token.byte_end && token.byte_end <= text.size() &&
                           token.char_begin < token.char_end && token.char_end <= num_chars;
    const bool is_in_order = token.byte_begin >= byte_before && token.char_begin >= char_before;
    if (!is_inside || !is_in_order) {
      return concat("token ", &token - tokens.data(), " is ", is_inside ? "out of order" : "outside the text",
                    ": bytes ", token.byte_begin, " to ", token.byte_end, " of ", text.size(), ", characters ",
                    token.char_begin, " to ", token.char_end, " of ", num_chars, "\n");
    }
    byte_before = token.byte_begin, char_before = token.char_begin;
  }
  return "";
}

void replace_all(std::string& text, std::string_view from, std::string_view to) {
  for (std::size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size()) {
    text.replace(at, from.size(), to);
  }
}

// Decoding a piece at a time, as the tokenizers library's WordPiece decoder does.
std::string decode_by_pieces(const Tokenizer& tokenizer, const Ids& ids, const std::string& suffix_indicator) {
  std::string text;
  for (std::size_t i = 0; i < ids.size(); ++i) {
    std::string piece = tokenizer.piece(ids[i]);
    if (i > 0) piece = piece.starts_with(suffix_indicator) ? piece.substr(suffix_indicator.size()) : " " + piece;
    for (const char* mark : {" .", " ?", " !", " ,"}) replace_all(piece, mark, mark + 1);
    replace_all(piece, " ' ", "'");
    for (const char* end : {" n't", " 'm"}) replace_all(piece, end, end + 1);
    replace_all(piece, " do not", " don't");
    for (const char* end : {" 's", " 've", " 're"}) replace_all(piece, end, end + 1);
    text += piece;
  }
  return text;
}

std::string check_decode(const WordPieceTokenizer& tokenizer, const Ids& ids) {
  for (const bool skip_special : {false, true}) {
    const std::string decoded = tokenizer.decode(ids, skip_special);
    if (find_invalid_utf8(decoded) != std::string::npos) return "decoded text is not UTF-8\n";
  }
  const TokenizerConfig& config = tokenizer.config();
  if (config.compat != "keras") {
    const std::string found = tokenizer.decode(ids, false),
                      expected = decode_by_pieces(tokenizer, ids, config.suffix_indicator);
    if (found != expected) return concat("decoded to \"", found, "\", not to \"", expected, "\"\n");
  }
  for (const TokenId id : ids) {
    if (id < 0 || id >= tokenizer.vocabulary_size()) return concat("id ", id, " is outside the vocabulary\n");
  }
  return "";
}

// What the plain path says of the texts, its own offsets and decoding checked.
struct PlainAnswers {
  std::vector<Ids> ids;  // Of each text.
  std::string fault;
};

PlainAnswers ask_plain_path(const WordPieceTokenizer& tokenizer, const FuzzCase& fuzz_case) {
  PlainAnswers answers;
  for (const std::string& text : fuzz_case.texts) {
    const std::vector<Token> tokens = tokenizer.encode_with_offsets(text, fuzz_case.specials);
    answers.ids.push_back(ids_of(tokens));
    std::string fault = check_offsets(tokens, text);
    if (fault.empty()) fault = check_decode(tokenizer, answers.ids.back());
    if (!fault.empty()) answers.fault = concat("text ", answers.ids.size() - 1, ": ", fault);
  }
  return answers;
}

std::string check_batch(const Tokenizer& tokenizer, const FuzzCase& fuzz_case, const std::vector<Ids>& expected) {
  const std::vector<std::string_view> texts(fuzz_case.texts.begin(), fuzz_case.texts.end());
  TokenBatch batch;
  tokenizer.encode_batch(texts, 2, batch, fuzz_case.specials);
  if (batch.size() != texts.size()) return concat("a batch of ", batch.size(), " texts, of ", texts.size(), "\n");
  std::size_t num_tokens = 0;
  for (std::size_t i = 0; i < texts.size(); ++i) {
    const Ids ids(batch[i].begin(), batch[i].end());
    if (ids != expected[i]) return difference(concat("text ", i, " in the batch"), ids, expected[i]);
    num_tokens += ids.size();
  }
  if (batch.num_tokens() != num_tokens)
    return concat("a batch of ", batch.num_tokens(), " tokens, of ", num_tokens, "\n");
  return "";
}

// A space parts texts as their ends do: what is before it does not reach what is behind.
std::string check_joined(const Tokenizer& tokenizer, const FuzzCase& fuzz_case, const std::vector<Ids>& expected) {
  std::string joined;
  for (const std::string& text : fuzz_case.texts) joined += text + " ";
  Ids all;
  for (const Ids& ids : expected) all.insert(all.end(), ids.begin(), ids.end());
  const Ids ids = encode(tokenizer, joined, fuzz_case.specials);
  return ids == all ? "" : difference("all texts joined by spaces", ids, all);
}

// The batch comes first where the case is of odd length: what is cold then is another way.
std::string check_path(const Tokenizer& tokenizer, const FuzzCase& fuzz_case, const std::vector<Ids>& expected) {
  std::string fault;
  const bool batch_first = fuzz_case.texts.front().size() % 2 == 1;
  if (batch_first) fault = check_batch(tokenizer, fuzz_case, expected);
  for (std::size_t i = 0; i < expected.size() && fault.empty(); ++i) {
    fault = check_encode(tokenizer, fuzz_case.texts[i], fuzz_case.specials, expected[i]);
    if (!fault.empty()) fault = concat("text ", i, ": ", fault);
  }
  if (fault.empty()) fault = check_joined(tokenizer, fuzz_case, expected);
  if (fault.empty() && !batch_first) fault = check_batch(tokenizer, fuzz_case, expected);
  return fault;
}

}  // namespace

std::string find_tokenizer_fault(const FuzzCase& fuzz_case) {
  WordPieceTokenizer tokenizer(Vocabulary(fuzz_case.pieces, "fuzzed"), fuzz_case.config, "fuzzed");
  tokenizer.choose_encoder_path(EncoderPath::kPlain);
  const PlainAnswers expected = ask_plain_path(tokenizer, fuzz_case);
  if (!expected.fault.empty()) return expected.fault + describe(fuzz_case);

  // The fast paths share their cache: which of them finds it empty is another one from case to case.
  const auto paths = encoder_paths();
  const std::size_t first = fuzz_case.texts.front().size() / 2;
  for (std::size_t i = 0; i < paths.size(); ++i) {
    const NamedEncoderPath& path = paths[(first + i) % paths.size()];
    if (!path.is_supported) continue;
    tokenizer.choose_encoder_path(path.path);
    const std::string fault = check_path(tokenizer, fuzz_case, expected.ids);
    if (!fault.empty()) return concat("path ", path.name, ": ", fault, describe(fuzz_case));
  }
  return "";
}

}  // namespace bertforge
