#include "bertforge/report/run_report.h"

#include <algorithm>
#include <cmath>

#include "bertforge/base/error.h"
#include "bertforge/base/figure_text.h"
#include "bertforge/report/chart.h"
#include "bertforge/report/html.h"
#include "metric_series.h"
#include "predictions_section.h"

namespace bertforge {
namespace {

constexpr const char* kHowToRead =
    "A loss is a mean over the hidden pieces, in nats. The unigram baseline is the held-out loss of one who knows how "
    "frequent each piece is and looks at no context: it is where the loss waits at first, and only what is below it "
    "was "
    "learned from context.";

std::string lead_of(const RunRecord& run) {
  const MetricPoint* last = run.metrics.last();
  if (last == nullptr) return "<p class=\"lead\">No figures yet.</p>\n";
  std::string text = concat(grouped_text(last->step), " updates, ", grouped_text(last->tokens), " tokens in ",
                            time_text(last->seconds), " of training");
  if (last->seconds > 0) {
    text += concat(", ", grouped_text(whole_number(static_cast<double>(last->tokens) / last->seconds)), " tokens/s");
  }
  return concat("<p class=\"lead\">", escape_html(text), "</p>\n");
}

// The curves of one value, in training and held out; those that were not measured are left away.
Chart chart_of(const RunRecord& run, const std::string& title, const std::string& unit, const std::string& value) {
  Chart chart;
  chart.title = title;
  chart.x_title = "updates";
  chart.y_title = unit;
  const auto step = [](const MetricPoint& point) { return static_cast<double>(point.step); };
  ChartSeries train = {"training", series_points(run.metrics.train, step, value), 0, false};
  ChartSeries held_out = {"held out", series_points(run.metrics.evaluations, step, value), 1, true};
  for (ChartSeries* series : {&train, &held_out}) {
    if (has_values(*series)) chart.series.push_back(std::move(*series));
  }
  return chart;
}

// An empty chart says nothing.
std::string figure_of(const Chart& chart) { return chart.is_empty() ? "" : chart_figure(chart); }

std::string loss_figure(const RunRecord& run, const std::string& objective) {
  Chart chart = chart_of(run, objective + " loss", "nats", objective + "/loss");
  if (const auto baseline = run.metrics.last_held_out(objective + "/unigram_baseline")) {
    chart.baseline = {*baseline, concat("unigram baseline ", fixed_text(*baseline, 3))};
  } else if (objective == "next_sentence") {
    chart.baseline = {std::log(2.0), "a guess"};
  }
  return figure_of(chart);
}

std::string accuracy_figure(const RunRecord& run, const std::string& objective) {
  Chart chart = chart_of(run, objective + " balanced accuracy", "share", objective + "/balanced_accuracy");
  if (chart.is_empty()) return figure_of(chart_of(run, objective + " accuracy", "share", objective + "/accuracy"));
  chart.baseline = {0.5, "a guess"};
  return figure_of(chart);
}

// A curve for each band of the last evaluation that has some.
std::string bands_figure(const RunRecord& run) {
  Chart chart = {"masked_lm accuracy by how frequent a piece is", "updates", "share, held out", {}, {}};
  std::vector<BandAccuracy> bands;
  for (const MetricPoint& point : run.metrics.evaluations) {
    if (!point.frequency_bands.empty()) bands = point.frequency_bands;
  }
  for (const BandAccuracy& band : bands) {
    ChartSeries series = {concat("ranks ", band.first_rank, " to ", band.last_rank, " (", band.count, " targets)"),
                          {},
                          chart.series.size(),
                          true};
    for (const MetricPoint& point : run.metrics.evaluations) {
      const auto same = std::ranges::find(point.frequency_bands, band.first_rank, &BandAccuracy::first_rank);
      const bool is_there = same != point.frequency_bands.end() && same->count > 0;
      series.points.push_back({static_cast<double>(point.step), is_there ? same->accuracy : std::nan("")});
    }
    chart.series.push_back(std::move(series));
  }
  return figure_of(chart);
}

std::string charts_of(const RunRecord& run) {
  std::string html = "<div class=\"charts\">\n";
  for (const std::string& objective : run.metrics.objectives()) {
    html += loss_figure(run, objective) + accuracy_figure(run, objective);
  }
  html += bands_figure(run);
  html += figure_of(chart_of(run, "Throughput", "tokens/s", "tokens_per_second"));
  html += figure_of(chart_of(run, "Learning rate", "rate", "learning_rate"));
  html += figure_of(chart_of(run, "Gradient norm", "before clipping", "gradient_norm"));
  return html + "</div>\n";
}

std::string evaluations_of(const RunRecord& run) {
  if (run.metrics.evaluations.empty()) return "<p class=\"note\">There was no held-out evaluation.</p>\n";
  HtmlTable table;
  table.head = {"update",     "tokens",   "time",     "masked_lm loss",   "below baseline",
                "perplexity", "accuracy", "NSP loss", "NSP bal. accuracy"};
  table.num_text_columns = 0;
  for (const MetricPoint& point : run.metrics.evaluations) {
    table.rows.push_back({grouped_text(point.step), grouped_text(point.tokens), time_text(point.seconds),
                          or_dash(point.find("masked_lm/loss"), 4), or_dash(point.find("masked_lm/below_baseline"), 4),
                          or_dash(point.find("masked_lm/perplexity"), 2), or_dash(point.find("masked_lm/accuracy"), 4),
                          or_dash(point.find("next_sentence/loss"), 4),
                          or_dash(point.find("next_sentence/balanced_accuracy"), 4)});
  }
  return html_table(table);
}

std::string settings_of(const RunRecord& run) {
  if (run.settings.empty()) return "<p class=\"note\">There is no config.toml.</p>\n";
  std::string html, section;
  HtmlTable table{{}, {}, 2};
  const auto close_section = [&] {
    if (!table.rows.empty()) html += html_details(section.empty() ? "settings" : section, html_table(table));
    table.rows.clear();
  };
  for (const RunSetting& setting : run.settings) {
    if (setting.section != section) close_section();
    section = setting.section;
    table.rows.push_back({setting.key, setting.value});
  }
  close_section();
  return html;
}

std::string environment_of(const FullRunRecord& run) {
  if (run.sessions.empty()) return "<p class=\"note\">There is no run.json.</p>\n";
  HtmlTable facts{{}, {}, 2}, sessions{{"started", "command", "host", "resumed from"}, {}, 4};
  for (const auto& [name, value] : run.sessions.back()) {
    if (name != "end") facts.rows.push_back({name, value});  // Not known yet while the run writes its page.
  }
  for (const RunSession& session : run.sessions) {
    sessions.rows.push_back({session_fact(session, "started"), session_fact(session, "command"),
                             session_fact(session, "host"), session_fact(session, "resumed_from")});
  }
  return html_table(sessions) + html_details("machine and versions of the last session", html_table(facts));
}

}  // namespace

std::string run_report_html(const FullRunRecord& run) {
  return html_page(run.name, concat("<h1>", escape_html(run.name), "</h1>\n", lead_of(run), charts_of(run),
                                    "<p class=\"note\">", kHowToRead, "</p>\n", predictions_section(run.predictions),
                                    "<h2>Held-out evaluations</h2>\n", evaluations_of(run), "<h2>Settings</h2>\n",
                                    settings_of(run), "<h2>Sessions</h2>\n", environment_of(run)));
}

}  // namespace bertforge
