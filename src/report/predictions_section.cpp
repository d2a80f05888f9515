#include "predictions_section.h"

#include <algorithm>
#include <cstddef>

#include "bertforge/base/error.h"
#include "bertforge/base/figure_text.h"
#include "bertforge/report/html.h"

namespace bertforge {
namespace {

constexpr std::size_t kMostPredictionRows = 8;

constexpr const char* kHowToReadPredictions =
    "Held-out sentences, the same ones each time. The model reads [MASK] where a piece is underlined; the columns have "
    "the piece that it holds likeliest there, and below the next two, with their probabilities. \u2713 marks the right "
    "one; a piece that begins with ## continues a word.";

// What an evaluation said of one sentence.
struct PredictionRow {
  std::int64_t step = 0;
  const SentencePredictions* sentence = nullptr;
};

// The evaluations that had the sentence that stands at `index` in the last one; of many the first, the last and some evenly
// between.
std::vector<PredictionRow> rows_of_sentence(const std::vector<PredictionPoint>& points, std::size_t index) {
  const SentencePredictions& sentence = points.back().sentences[index];
  std::vector<PredictionRow> rows;
  for (const PredictionPoint& point : points) {
    const bool has_it = index < point.sentences.size() && point.sentences[index].is_same_sentence(sentence);
    if (has_it) rows.push_back({point.step, &point.sentences[index]});
  }
  if (rows.size() <= kMostPredictionRows) return rows;
  std::vector<PredictionRow> thinned_rows;
  for (std::size_t i = 0; i < kMostPredictionRows; ++i) {
    thinned_rows.push_back(rows[i * (rows.size() - 1) / (kMostPredictionRows - 1)]);
  }
  return thinned_rows;
}

std::string percent_text(double share) {
  if (!(share >= 0 && share <= 1)) return "-";  // Or it is no number.
  if (share < 0.001) return "<0.1 %";
  return fixed_text(100 * share, share < 0.0995 ? 1 : 0) + " %";
}

std::string prediction_html(const PiecePrediction& prediction, const std::string& target) {
  const std::string piece = escape_html(prediction.piece), share = escape_html(percent_text(prediction.probability));
  if (prediction.piece == target) return concat("<strong>\u2713 ", piece, "</strong> ", share);
  return concat(piece, " ", share);
}

std::string predictions_cell(const MaskPredictions& mask) {
  if (mask.predictions.empty()) return "<td>-</td>";
  std::string others;
  for (std::size_t k = 1; k < mask.predictions.size(); ++k) {
    others += (k > 1 ? ", " : "") + prediction_html(mask.predictions[k], mask.target);
  }
  if (!others.empty()) others = concat("<br><small>", others, "</small>");
  return concat("<td class=\"guess\">", prediction_html(mask.predictions.front(), mask.target), others, "</td>");
}

// The sentence with its hidden pieces in their places, numbered as the columns below it.
std::string sentence_html(const SentencePredictions& sentence) {
  std::string html = "<p class=\"sentence\">" + escape_html(sentence.text.front());
  for (std::size_t i = 0; i < sentence.masks.size(); ++i) {
    html += concat("<mark>", escape_html(sentence.masks[i].target), "<sup>", i + 1, "</sup></mark>",
                   escape_html(sentence.text[i + 1]));
  }
  return html + "</p>\n";
}

std::string predictions_table(const std::vector<PredictionRow>& rows) {
  const std::vector<MaskPredictions>& masks = rows.back().sentence->masks;
  std::string html = "<div class=\"scroll\"><table>\n<thead><tr><th class=\"number\">update</th><th>right</th>";
  for (std::size_t i = 0; i < masks.size(); ++i) {
    html += concat("<th class=\"guess\">", i + 1, " ", escape_html(masks[i].target), "</th>");
  }
  html += "</tr></thead>\n<tbody>\n";
  for (const PredictionRow& row : rows) {
    const auto num_right = std::ranges::count_if(row.sentence->masks, &MaskPredictions::is_right);
    html += concat("<tr><td class=\"number\">", grouped_text(row.step), "</td><td class=\"guess\">", num_right, " of ",
                   masks.size(), "</td>");
    for (const MaskPredictions& mask : row.sentence->masks) html += predictions_cell(mask);
    html += "</tr>\n";
  }
  return html + "</tbody></table></div>\n";
}

}  // namespace

std::string predictions_section(const std::vector<PredictionPoint>& points) {
  if (points.empty() || points.back().sentences.empty()) return "";
  std::string html = concat("<h2>What it predicts</h2>\n<p class=\"note\">", kHowToReadPredictions, "</p>\n");
  for (std::size_t i = 0; i < points.back().sentences.size(); ++i) {
    html += sentence_html(points.back().sentences[i]) + predictions_table(rows_of_sentence(points, i));
  }
  return html;
}

}  // namespace bertforge
