#include "vocabulary_figures.h"

namespace bertforge {

Figures contents_figures(const VocabularyContents& contents) {
  return {{"pieces", contents.num_pieces},
          {"continuing_pieces", contents.num_continuing},
          {"single_character_pieces", contents.num_single_char},
          {"longest_pieces", contents.longest}};
}

Figures coverage_figures(const VocabularyCoverage& coverage) {
  return {{"words", coverage.num_words},
          {"pieces_per_word", coverage.pieces_per_word()},
          {"unknown_words", coverage.num_unknown_words},
          {"unknown_rate", coverage.unknown_rate()},
          {"single_character_rate", coverage.single_char_rate()},
          {"unused_pieces", coverage.num_unused_pieces},
          {"dropped_characters", coverage.num_dropped_chars},
          {"dropped_most_often", coverage.dropped_chars}};
}

}  // namespace bertforge
