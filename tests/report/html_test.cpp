#include "bertforge/report/html.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace bertforge {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(EscapeHtml, LeavesNothingThatOpensATagOrEndsAnAttribute) {
  EXPECT_EQ(escape_html("<script>\"a\" & 'b'</script>"),
            "&lt;script&gt;&quot;a&quot; &amp; &#39;b&#39;&lt;/script&gt;");
}

TEST(EscapeHtml, KeepsLettersTabsAndLines) { EXPECT_EQ(escape_html("é\t漢\n"), "é\t漢\n"); }

TEST(EscapeHtml, ReplacesControlCharactersAndBytesThatAreNoUtf8) {
  EXPECT_EQ(escape_html(std::string_view("a\0b\x1b\x7f", 5)), "a\uFFFDb\uFFFD\uFFFD");
  EXPECT_EQ(escape_html("\xff<"), "\uFFFD&lt;");
}

TEST(HtmlTable, EscapesItsCellsAndSetsNumbersAtTheRight) {
  const std::string html = html_table({{"run", "<b>"}, {{"<i>", "1"}}, 1});
  EXPECT_THAT(html, HasSubstr("<th class=\"number\">&lt;b&gt;</th>"));
  EXPECT_THAT(html, HasSubstr("<td class=\"text\">&lt;i&gt;</td><td class=\"number\">1</td>"));
}

TEST(HtmlTable, MayHaveNoHeadAndNoRows) { EXPECT_THAT(html_table({{}, {}, 1}), Not(HasSubstr("<tr>"))); }

TEST(HtmlDetails, EscapesTheSummaryAlone) {
  EXPECT_EQ(html_details("<s>", "<p>"), "<details><summary>&lt;s&gt;</summary>\n<p></details>\n");
}

TEST(HtmlPage, AsksForNothingFromAnywhere) {
  const std::string page = html_page("<t>", "<p>body</p>");
  EXPECT_THAT(page, HasSubstr("<title>&lt;t&gt;</title>"));
  EXPECT_THAT(page, HasSubstr("default-src 'none'"));
  for (const char* request : {"<script", "<link", "<img", "http:", "https:", "url(", "@import"}) {
    EXPECT_THAT(page, Not(HasSubstr(request)));
  }
}

TEST(HtmlPage, FitsPhonesAndTheDark) {
  const std::string page = html_page("t", "");
  EXPECT_THAT(page, HasSubstr("name=\"viewport\" content=\"width=device-width"));
  EXPECT_THAT(page, HasSubstr("@media(prefers-color-scheme:dark)"));
  for (std::size_t i = 0; i < kNumSeriesColors; ++i) {
    EXPECT_THAT(page, HasSubstr(".s" + std::to_string(i) + "{color:var(--s" + std::to_string(i) + ")}"));
  }
}

}  // namespace
}  // namespace bertforge
