#pragma once
// What `vocab` and `inspect` print of a vocabulary.

#include "bertforge/text/vocabulary_coverage.h"
#include "inspect.h"

namespace bertforge {

Figures contents_figures(const VocabularyContents& contents);
Figures coverage_figures(const VocabularyCoverage& coverage);

}  // namespace bertforge
