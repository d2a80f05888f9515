#pragma once
// libsentencepiece behind plain calls: a checked model in, ids and places out. Its headers stay in the .cpp.

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "bertforge/text/tokenizer.h"
#include "sentencepiece_model.h"

namespace bertforge {

// A piece and the bytes of the text it stands for.
struct PieceSpan {
  TokenId id;
  std::size_t begin, end;
};

// What precedes a text that is to be cut: nothing, or a special token, behind which no space is put.
enum class TextBegins { kAtStart, kBehindSpecial };

class SentencePieceLibrary {
 public:
  // `bytes`: of the model, as parse_sentencepiece_model() took them. `sentinel`: a control piece, or -1; texts behind a special
  // token then begin as those at the start do.
  SentencePieceLibrary(std::string_view bytes, const SentencePieceModel& model, TokenId sentinel,
                       const std::string& origin);
  ~SentencePieceLibrary();

  // Append the pieces of `text`, which is UTF-8. Thread-safe.
  void encode(std::string_view text, std::vector<TokenId>& ids) const;
  void encode(std::string_view text, TextBegins begins, std::vector<PieceSpan>& spans) const;

  // Whether the ids of a text are those of its parts where it is cut behind a space, tab or CR: not where spaces count one by
  // one, or none is put before a text, or a tab is no space.
  bool can_be_cut_at_spaces() const { return can_be_cut_ && all_spaces_are_alike_; }

 private:
  struct Processors;
  void encode_chunk(std::string_view chunk, bool behind, std::vector<PieceSpan>& spans) const;
  template <class OnChunk>
  void for_each_chunk(std::string_view text, OnChunk on_chunk) const;

  std::string sentinel_text_;
  TokenId sentinel_, space_;  // -1 where there is none.
  bool can_be_cut_;           // Before a space, ' ' alone.
  bool all_spaces_are_alike_ = false;
  std::unique_ptr<Processors> processors_;
};

}  // namespace bertforge
