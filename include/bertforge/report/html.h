#pragma once
// HTML of the reports: text made harmless, tables, and the page around them.
//
// Used by chart.h, run_report.h and comparison.h. A page is one file without script, font or request to anywhere; its
// Content-Security-Policy holds the browser to that, should anything slip through. Colours are CSS variables that have a value
// for light and one for dark.

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace bertforge {

// Lines of a chart have one of so many colours; those beyond are dashed.
inline constexpr std::size_t kNumSeriesColors = 8;

// `text` as it may stand between tags and in quoted attributes. Control characters, but for tab and newline, and bytes that
// are no UTF-8 become U+FFFD.
std::string escape_html(std::string_view text);

// Cells are text, not HTML. Columns behind the first `num_text_columns` are numbers and stand at the right.
struct HtmlTable {
  std::vector<std::string> head;  // Empty: none.
  std::vector<std::vector<std::string>> rows;
  std::size_t num_text_columns = 1;
};
std::string html_table(const HtmlTable& table);

// A part that opens by a click; `body` is HTML.
std::string html_details(std::string_view summary, std::string_view body);

// The whole page; `body` is HTML, `title` text.
std::string html_page(std::string_view title, std::string_view body);

}  // namespace bertforge
