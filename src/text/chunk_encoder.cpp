#include "chunk_encoder.h"

#include <algorithm>
#include <cstring>

#include "bertforge/text/unicode.h"

namespace bertforge {

namespace {

constexpr int kLog2Slots =
    17;  // 4 MB: more than the words of most corpora's lines, less than a second-level cache misses.

}  // namespace

void ChunkVocabulary::append_ids_of_word(std::string_view word, std::vector<TokenId>& ids) const {
  if (wordpiece.is_too_long(word) || !trie.match(word, ids)) ids.push_back(wordpiece.unknown());
}

// Where the ids go: the caller's buffer, and the ends of its texts.
class ChunkEncoder::Output {
 public:
  Output(TokenBuffer& ids, std::size_t* ends) : ids_(ids), begin_(ids.size()), next_end_(ends) {}

  // Room for `num_chunks` chunks of the cache, each of which writes a whole slot's ids.
  TokenId* reserve_for_chunks(std::size_t num_chunks) {
    return ids_.reserve_more(ChunkCache::kMaxIdsInSlot * num_chunks + 1);
  }
  void advance_to(const TokenId* end) { ids_.advance_to(end); }
  void append(std::span<const TokenId> ids) { ids_.append(ids); }
  void end_text() { *next_end_++ = ids_.size() - begin_; }

 private:
  TokenBuffer& ids_;
  std::size_t begin_;
  std::size_t* next_end_;
};

ChunkEncoder::ChunkEncoder(const ChunkVocabulary& shared)
    : shared_(shared),
      cache_(kLog2Slots),
      code_points_(shared.plain.words_of, shared.plain.minds_neighbours),
      batch_(std::make_unique<ChunkBatch>()),
      homes_(std::make_unique<std::uint32_t[]>(ChunkBatch::kMaxBytes)) {
  batch_->clear();
  preload();
}

// A piece that is a chunk as it stands is its own longest match: the words of a new text are known before it is read. Half of
// the cache is left to others; vocabularies name the frequent words first.
void ChunkEncoder::preload() {
  const AsciiClasses& classes = shared_.classes;
  std::size_t num_left = cache_.num_slots() / 2;
  std::uint8_t bytes[ChunkKey::kMaxBytes + 1];
  for (TokenId id = 0; id < shared_.vocabulary.size() && num_left > 0; ++id) {
    const std::string& piece = shared_.vocabulary.piece(id);
    const auto stays = [&](char c) {
      const auto byte = static_cast<unsigned char>(c);
      // "a\0" would have the key of "a".
      return byte != 0 && byte < 128 && classes.stays[byte] && (classes.kinds[byte] == 0 || piece.size() == 1);
    };
    if (piece.empty() || piece.size() > ChunkKey::kMaxBytes || shared_.wordpiece.is_too_long(piece)) continue;
    if (!std::ranges::all_of(piece, stays)) continue;
    std::memcpy(bytes, piece.data(), piece.size());
    const ChunkKey key = ChunkKey::of(bytes, piece.size());
    cache_.insert(key, cache_.home_of(key), {&id, 1});
    --num_left;
  }
}

void ChunkEncoder::encode(std::span<const std::string_view> texts, const EncoderExceptions& exceptions, ScanChunks scan,
                          TokenBuffer& ids, std::size_t* ends) {
  batch_->clear();  // What an exception may have left.
  Output output(ids, ends);
  for (const std::string_view text : texts) {
    if (exceptions.is_exception && exceptions.is_exception(text)) {
      look_up_batch(output);
      scratch_.clear();
      exceptions.encode(text, scratch_);
      output.append(scratch_);
      output.end_text();
      continue;
    }
    scan_text(text, scan, output);
    batch_->text_ends[batch_->num_text_ends++] = static_cast<std::uint16_t>(batch_->num_chunks);
    if (batch_->num_text_ends == ChunkBatch::kMaxBytes) look_up_batch(output);
  }
  look_up_batch(output);
}

void ChunkEncoder::scan_text(std::string_view text, ScanChunks scan, Output& output) {
  while (!text.empty()) {
    if (batch_->room() < ChunkBatch::kMinRoom) look_up_batch(output);
    const std::size_t done = scan(shared_.classes, text.data(), text.size(), *batch_);
    text.remove_prefix(done);
    if (done > 0) continue;
    const bool has_all_room = batch_->num_bytes == 0;
    look_up_batch(output);
    if (!has_all_room) continue;
    const std::string_view chunk = text.substr(0, shared_.classes.find_boundary(text));  // Longer than a batch.
    scratch_.clear();
    append_ids_of_chunk(chunk, scratch_);
    output.append(scratch_);
    text.remove_prefix(chunk.size());
  }
}

void ChunkEncoder::look_up_batch(Output& output) {
  const ChunkBatch& batch = *batch_;
  std::uint32_t* const homes = homes_.get();
  for (std::size_t i = 0; i < batch.num_chunks; ++i) {
    const std::size_t size = static_cast<std::size_t>(batch.ends[i] - batch.begins[i]);
    const ChunkKey key = ChunkKey::of(batch.bytes + batch.begins[i], std::min(size, ChunkKey::kMaxBytes));
    homes[i] = cache_.home_of(key);
    cache_.prefetch(homes[i]);
  }
  TokenId* to = output.reserve_for_chunks(batch.num_chunks);
  std::size_t next = 0;
  for (std::size_t text = 0; text < batch.num_text_ends; ++text) {
    to = look_up(next, batch.text_ends[text], to, output);
    next = batch.text_ends[text];
    output.advance_to(to);
    output.end_text();
  }
  output.advance_to(look_up(next, batch.num_chunks, to, output));
  batch_->clear();
}

TokenId* ChunkEncoder::look_up(std::size_t first, std::size_t last, TokenId* to, Output& output) {
  // Not members: what is written through `to` could be any of them.
  const ChunkBatch& batch = *batch_;
  const std::uint32_t* const homes = homes_.get();
  const ChunkCache::Slot* const slots = cache_.slots();
  for (std::size_t i = first; i < last; ++i) {
    const std::size_t size = static_cast<std::size_t>(batch.ends[i] - batch.begins[i]);
    if (size <= ChunkKey::kMaxBytes) [[likely]] {
      const ChunkCache::Slot& slot = slots[homes[i]];
      const ChunkKey key = ChunkKey::of(batch.bytes + batch.begins[i], size);
      if (slot.key == key && slot.num_ids <= ChunkCache::kMaxIdsInSlot) [[likely]] {
        // All of them, whether they count or not: no branch on how many there are.
        std::memcpy(to, slot.ids, sizeof slot.ids);
        to += slot.num_ids;
        continue;
      }
    }
    to = append_missing(i, to, output);
  }
  return to;
}

TokenId* ChunkEncoder::append_missing(std::size_t chunk, TokenId* to, Output& output) {
  output.advance_to(to);
  const std::uint8_t* bytes = batch_->bytes + batch_->begins[chunk];
  const std::size_t size = static_cast<std::size_t>(batch_->ends[chunk] - batch_->begins[chunk]);
  const ChunkKey key = ChunkKey::of(bytes, std::min(size, ChunkKey::kMaxBytes));
  const ChunkCache::Slot* slot = size <= ChunkKey::kMaxBytes ? cache_.find(key, homes_[chunk]) : nullptr;
  if (slot != nullptr) {
    output.append(cache_.ids_of(*slot));
  } else {
    scratch_.clear();
    append_ids_of_chunk({reinterpret_cast<const char*>(bytes), size}, scratch_);
    if (size <= ChunkKey::kMaxBytes && key != ChunkKey()) cache_.insert(key, homes_[chunk], scratch_);
    output.append(scratch_);
  }
  return output.reserve_for_chunks(batch_->num_chunks - chunk);
}

void ChunkEncoder::append_ids_of_chunk(std::string_view chunk, std::vector<TokenId>& ids) {
  const std::size_t num_before = ids.size();
  if (append_ids_by_table(chunk, ids)) return;
  ids.resize(num_before);
  shared_.plain.encode(chunk, ids);
}

// False where a character's neighbours matter: the plain path takes the chunk.
bool ChunkEncoder::append_ids_by_table(std::string_view chunk, std::vector<TokenId>& ids) {
  const auto end_word = [&] {
    if (!word_.empty()) shared_.append_ids_of_word(word_, ids);
    word_.clear();
  };
  word_.clear();
  for (std::size_t position = 0; position < chunk.size();) {
    const CodePointWords::Entry& entry = code_points_[decode_utf8(chunk, position)];
    switch (entry.kind) {
      case CodePointWords::Kind::kInWord:
        word_ += code_points_.text_of(entry);
        break;
      case CodePointWords::Kind::kSpace:
        end_word();
        break;
      case CodePointWords::Kind::kAlone:
        end_word();
        shared_.append_ids_of_word(code_points_.text_of(entry), ids);
        break;
      case CodePointWords::Kind::kUnasked:
      case CodePointWords::Kind::kContext:
        return false;
    }
  }
  end_word();
  return true;
}

std::size_t ChunkEncoder::memory_bytes() const {
  return cache_.memory_bytes() + code_points_.memory_bytes() + sizeof(ChunkBatch) +
         ChunkBatch::kMaxBytes * sizeof(std::uint32_t) + scratch_.capacity() * sizeof(TokenId) + word_.capacity();
}

}  // namespace bertforge
