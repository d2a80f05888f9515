#pragma once
// The makers in the table of corpus_reader.cpp, one source each.

#include <memory>
#include <string>
#include <vector>

#include "bertforge/text/corpus_reader.h"

namespace bertforge {

std::unique_ptr<CorpusReader> make_lines_reader(std::vector<std::string> files, std::size_t max_document_bytes);
std::unique_ptr<CorpusReader> make_wikitext_reader(std::vector<std::string> files, std::size_t max_document_bytes);

}  // namespace bertforge
