#include "sentencepiece_model.h"

#include <bit>
#include <cmath>

#include "bertforge/base/error.h"
#include "bertforge/formats/protobuf.h"
#include "bertforge/text/unicode.h"

namespace bertforge {

namespace {

using Model = SentencePieceModel;
using Type = ProtobufField::Type;

constexpr float kLargestScore = 1e9f;            // Sums of them stay finite.
constexpr std::size_t kLongestUserDefined = 64;  // The library has room for 64 that begin alike.
constexpr float kScoreSteps = 256;               // Of a rounded score, in 1.
constexpr std::uint64_t kPieces = 1, kTrainer = 2, kNormalizer = 3, kDenormalizer = 5;  // Fields of ModelProto.

void require_type(const ProtobufField& field, Type type, std::string_view name, const std::string& origin) {
  if (field.type == type) return;
  fail(ErrorKind::kInput, origin, ": field \"", name, "\" is of wire type ", static_cast<int>(field.type), "; ",
       static_cast<int>(type), " is expected");
}

Model::Piece read_piece(const ProtobufField& message, const std::string& origin) {
  Model::Piece piece;
  ProtobufReader reader(message.bytes, origin);
  for (ProtobufField field; reader.next(field);) {
    const std::size_t offset = message.value_offset + field.value_offset;
    if (field.number == 1) {
      require_type(field, Type::kBytes, "piece", origin);
      piece.text = field.bytes;
    } else if (field.number == 2) {
      require_type(field, Type::kFixed32, "score", origin);
      piece.score = field.as_float();
      piece.score_offset = offset;
    } else if (field.number == 3) {
      require_type(field, Type::kVarint, "type", origin);
      if (field.value < 1 || field.value > 6)
        fail(ErrorKind::kInput, origin, ": piece \"", piece.text, "\" is of type ", field.value,
             "; 1 to 6 are expected");
      piece.type = static_cast<Model::PieceType>(field.value);
      piece.type_offset = offset;
    }
  }
  return piece;
}

void check_piece(const Model::Piece& piece, TokenId id, const std::string& origin) {
  const auto refuse = [&](std::string_view what) { fail(ErrorKind::kInput, origin, ": piece ", id, " ", what); };
  if (piece.text.empty()) refuse("is empty");
  if (find_invalid_utf8(piece.text) != std::string_view::npos) refuse("is no UTF-8");
  if (piece.text.find('\0') != std::string::npos) refuse("has U+0000 in it");
  if (!(std::fabs(piece.score) <= kLargestScore)) refuse("has a score that is no number, or beyond 1e9");
  if (piece.type == Model::PieceType::kUserDefined && piece.text.size() > kLongestUserDefined)
    refuse("is user-defined and longer than 64 bytes");
  if (piece.type == Model::PieceType::kUnused) refuse("is an unused one; a model without such pieces is expected");
  if (piece.type == Model::PieceType::kByte)
    refuse("stands for a byte; a model without byte fallback is expected (train it without --byte_fallback)");
}

void add_piece(Model& model, const ProtobufField& field, const std::string& origin) {
  require_type(field, Type::kBytes, "pieces", origin);
  model.pieces.push_back(read_piece(field, origin));
  const auto id = static_cast<TokenId>(model.pieces.size() - 1);
  const Model::Piece& piece = model.pieces.back();
  check_piece(piece, id, origin);
  if (piece.type == Model::PieceType::kUnknown) {
    if (model.unknown >= 0)
      fail(ErrorKind::kInput, origin, ": pieces ", model.unknown, " and ", id, " are both unknown");
    model.unknown = id;
  }
  if (piece.type == Model::PieceType::kNormal && piece.text.find(kSpaceMark, 1) != std::string::npos)
    model.parts_words = false;
}

void read_trainer(Model& model, const ProtobufField& message, const std::string& origin) {
  require_type(message, Type::kBytes, "trainer_spec", origin);
  ProtobufReader reader(message.bytes, origin);
  for (ProtobufField field; reader.next(field);) {
    const auto refuse_if = [&](bool is_set, std::string_view what) {
      if (is_set) fail(ErrorKind::kInput, origin, ": ", what, " is not supported");
    };
    if (field.number == 3) {
      require_type(field, Type::kVarint, "model_type", origin);
      refuse_if(field.value != 1 && field.value != 2,
                concat("model_type ", field.value, " (only unigram and bpe are)"));
      model.algorithm = static_cast<Model::Algorithm>(field.value);
    }
    refuse_if(field.number == 24 && field.value != 0, "white space as a suffix");
    refuse_if(field.number == 35 && field.value != 0, "byte fallback");
  }
}

void read_normalizer(Model& model, const ProtobufField& message, const std::string& origin) {
  require_type(message, Type::kBytes, "normalizer_spec", origin);
  ProtobufReader reader(message.bytes, origin);
  for (ProtobufField field; reader.next(field);) {
    if (field.number <= 2) require_type(field, Type::kBytes, "name", origin);
    if (field.number == 1) model.normalizer = field.bytes;
    if (field.number == 2) model.charsmap = field.bytes;
    if (field.number == 3) model.add_dummy_prefix = field.value != 0;
    if (field.number == 4) model.remove_extra_whitespaces = field.value != 0;
    if (field.number == 5 && field.value == 0)
      fail(ErrorKind::kInput, origin, ": white space that is not escaped is not supported");
  }
}

// The map is only used to turn ids back into text, which is not the library's work here, but the library loads it.
void check_denormalizer(const ProtobufField& message, const std::string& origin) {
  Model ignored;
  read_normalizer(ignored, message, origin);
  check_charsmap(ignored.charsmap, origin);
}

void index_pieces(Model& model, const std::string& origin) {
  model.ids.reserve(model.pieces.size());
  for (std::size_t i = 0; i < model.pieces.size(); ++i) {
    const auto [entry, is_new] = model.ids.emplace(model.pieces[i].text, static_cast<TokenId>(i));
    if (!is_new)
      fail(ErrorKind::kInput, origin, ": pieces ", entry->second, " and ", i, " are the same, \"", entry->first, "\"");
  }
}

}  // namespace

SentencePieceModel parse_sentencepiece_model(std::string_view bytes, const std::string& origin) {
  Model model;
  ProtobufReader reader(bytes, origin);
  bool has_trainer = false, has_normalizer = false;
  for (ProtobufField field; reader.next(field);) {
    has_trainer |= field.number == kTrainer;
    has_normalizer |= field.number == kNormalizer;
    if (field.number == kPieces) add_piece(model, field, origin);
    if (field.number == kTrainer) read_trainer(model, field, origin);
    if (field.number == kNormalizer) read_normalizer(model, field, origin);
    if (field.number == kDenormalizer) check_denormalizer(field, origin);
  }
  if (model.unknown < 0) {
    fail(ErrorKind::kInput, origin, ": no sentencepiece model: of its ", model.pieces.size(),
         " pieces none is the unknown one");
  }
  if (!has_trainer || !has_normalizer) {
    fail(ErrorKind::kInput, origin, ": the model ends before its ", has_trainer ? "normalizer" : "trainer",
         "_spec; the file is not whole");
  }
  index_pieces(model, origin);
  check_charsmap(model.charsmap, origin);
  return model;
}

void round_scores(std::string& bytes) {
  const SentencePieceModel model = parse_sentencepiece_model(bytes, "the learned model");
  if (model.algorithm != Model::Algorithm::kUnigram) return;
  for (const Model::Piece& piece : model.pieces) {
    if (piece.type != Model::PieceType::kNormal || piece.score_offset == 0) continue;
    const auto bits = std::bit_cast<std::uint32_t>(std::nearbyint(piece.score * kScoreSteps) / kScoreSteps);
    for (std::size_t i = 0; i < sizeof bits; ++i) bytes[piece.score_offset + i] = static_cast<char>(bits >> (8 * i));
  }
}

}  // namespace bertforge
