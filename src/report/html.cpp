#include "bertforge/report/html.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "bertforge/base/error.h"
#include "bertforge/formats/json.h"

namespace bertforge {
namespace {

// Series colours stand out from the page by 4.5 to 1 or more in both schemes.
constexpr const char* kStyle = R"css(
:root{color-scheme:light dark;--page:#fff;--ink:#1c2126;--faint:#56606a;--line:#d9dee3;--panel:#f5f7f9;--link:#0b5cad;
--s0:#0b5cad;--s1:#b93a00;--s2:#0a6e5c;--s3:#9a1fb0;--s4:#7a5900;--s5:#3f6d0c;--s6:#b8143d;--s7:#4a5568}
@media(prefers-color-scheme:dark){:root{--page:#12161a;--ink:#e6eaee;--faint:#a3aeb9;--line:#343d46;--panel:#1b2127;--link:#7cc0ff;
--s0:#6cb6ff;--s1:#ff9d5c;--s2:#4fd1b5;--s3:#e58af2;--s4:#e6c449;--s5:#a5d860;--s6:#ff8a9c;--s7:#b8c2cc}}
*{box-sizing:border-box}
body{margin:0 auto;max-width:78rem;padding:1rem;background:var(--page);color:var(--ink);font:16px/1.5 system-ui,sans-serif}
h1{font-size:1.6rem;line-height:1.2;margin:.5rem 0;overflow-wrap:anywhere}
h2{font-size:1.2rem;margin:2rem 0 .75rem}
p{max-width:48rem;margin:.5rem 0}
.lead,.note{color:var(--faint)}
.charts{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,25rem),1fr));gap:1rem;margin:1rem 0}
figure{margin:0;padding:.75rem;background:var(--panel);border-radius:.5rem;min-width:0}
figcaption{font-weight:600;margin-bottom:.25rem}
svg{display:block;width:100%;height:auto}
svg text{font:14px system-ui,sans-serif;fill:var(--faint)}
.grid{stroke:var(--line);stroke-width:1}
.level{stroke:var(--faint);stroke-width:1.5;stroke-dasharray:6 5}
.curve{fill:none;stroke:currentColor;stroke-width:2;stroke-linejoin:round;stroke-linecap:round}
.mark{fill:currentColor}
.s0{color:var(--s0)}.s1{color:var(--s1)}.s2{color:var(--s2)}.s3{color:var(--s3)}
.s4{color:var(--s4)}.s5{color:var(--s5)}.s6{color:var(--s6)}.s7{color:var(--s7)}
.d1{stroke-dasharray:8 5}.d2{stroke-dasharray:2 5}
.legend{list-style:none;display:flex;flex-wrap:wrap;gap:.1rem 1rem;margin:.25rem 0 0;padding:0;font-size:.9rem}
.legend li{overflow-wrap:anywhere}
.key{display:inline-block;width:1.4em;margin-right:.4em;border-top:3px solid;vertical-align:.25em}
.key.d1{border-top-style:dashed}.key.d2{border-top-style:dotted}
.scroll{overflow-x:auto;margin:.5rem 0}
table{border-collapse:collapse;font-size:.92rem}
th,td{text-align:left;vertical-align:top;padding:.25rem .9rem .25rem 0;border-bottom:1px solid var(--line)}
th{color:var(--faint);font-weight:600}
td.text{overflow-wrap:anywhere;min-width:8rem;white-space:pre-wrap}
td.guess,th.guess{white-space:nowrap}
td.guess small{color:var(--faint)}
.sentence{margin:1.5rem 0 .25rem;overflow-wrap:anywhere}
mark{background:var(--panel);color:inherit;padding:0 .15em;border-bottom:2px solid var(--link)}
sup{font-size:.7em;line-height:0}
.number{text-align:right;white-space:nowrap;font-variant-numeric:tabular-nums}
details{margin:.5rem 0}
summary{cursor:pointer;color:var(--link);padding:.35rem 0}
input[type=radio]{width:1.1rem;height:1.1rem;margin:0 .3rem 0 0;vertical-align:-.15rem}
label{display:inline-block;padding:.4rem 1.2rem .4rem 0;cursor:pointer}
#by-steps:not(:checked)~.charts .by-steps,#by-tokens:not(:checked)~.charts .by-tokens,
#by-time:not(:checked)~.charts .by-time{display:none}
@media print{.charts{display:block}figure{break-inside:avoid;margin-bottom:1rem}}
)css";

std::string cell(const char* tag, const std::string& text, bool is_number) {
  return concat("<", tag, " class=\"", is_number ? "number" : "text", "\">", escape_html(text), "</", tag, ">");
}

std::string table_row(const char* tag, const std::vector<std::string>& cells, std::size_t num_text_columns) {
  std::string html = "<tr>";
  for (std::size_t i = 0; i < cells.size(); ++i) html += cell(tag, cells[i], i >= num_text_columns);
  return html + "</tr>\n";
}

std::string with_sound_utf8(std::string_view text) {
  const bool is_ascii = std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x80; });
  if (is_ascii) return std::string(text);
  return parse_json(dump_json_line(std::string(text)), "text").get<std::string>();
}

}  // namespace

std::string escape_html(std::string_view text) {
  std::string html;
  for (const char c : with_sound_utf8(text)) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '&') {
      html += "&amp;";
    } else if (c == '<') {
      html += "&lt;";
    } else if (c == '>') {
      html += "&gt;";
    } else if (c == '"') {
      html += "&quot;";
    } else if (c == '\'') {
      html += "&#39;";
    } else if ((byte < 0x20 && c != '\t' && c != '\n') || byte == 0x7f) {
      html += "\uFFFD";
    } else {
      html += c;
    }
  }
  return html;
}

std::string html_table(const HtmlTable& table) {
  std::string html = "<div class=\"scroll\"><table>\n";
  if (!table.head.empty()) html += "<thead>" + table_row("th", table.head, table.num_text_columns) + "</thead>\n";
  html += "<tbody>\n";
  for (const auto& row : table.rows) html += table_row("td", row, table.num_text_columns);
  return html + "</tbody></table></div>\n";
}

std::string html_details(std::string_view summary, std::string_view body) {
  return concat("<details><summary>", escape_html(summary), "</summary>\n", body, "</details>\n");
}

std::string html_page(std::string_view title, std::string_view body) {
  return concat(
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n",
      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n",
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n",
      "<meta name=\"color-scheme\" content=\"light dark\">\n", "<title>", escape_html(title), "</title>\n<style>",
      kStyle, "</style>\n</head>\n<body>\n", body, "</body>\n</html>\n");
}

}  // namespace bertforge
