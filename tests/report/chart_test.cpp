#include "bertforge/report/chart.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "run_folder.h"

namespace bertforge {
namespace {

using testing::count_of;
using ::testing::HasSubstr;
using ::testing::Not;

const double kGap = std::numeric_limits<double>::quiet_NaN();

Chart chart_with(std::vector<ChartPoint> points, bool has_markers = false) {
  return {"loss", "updates", "nats", {{"run", std::move(points), 0, has_markers}}, {}};
}

// The d of the first curve.
std::string first_path(const std::string& svg) {
  const std::size_t begin = svg.find(" d=\"") + 4;
  return svg.substr(begin, svg.find('"', begin) - begin);
}

TEST(Chart, DrawsALineThroughItsPoints) {
  const std::string path = first_path(chart_figure(chart_with({{0, 1}, {1, 3}, {2, 2}})));
  EXPECT_EQ(count_of(path, "M"), 1);
  EXPECT_EQ(count_of(path, "L"), 2);
}

TEST(Chart, HasLargeValuesAboveSmallOnes) {
  // 1 at the bottom, 3 at the top of an axis from 1 to 3; 0 at the left end, 2 at the right one.
  EXPECT_EQ(first_path(chart_figure(chart_with({{0, 1}, {2, 3}}))), "M56.0 256.0L462.0 32.0");
}

TEST(Chart, LeavesAGapWhereAValueIsMissing) {
  const std::string path = first_path(chart_figure(chart_with({{0, 1}, {1, 2}, {2, kGap}, {3, 2}, {4, 1}})));
  EXPECT_EQ(count_of(path, "M"), 2);
  EXPECT_EQ(count_of(path, "L"), 2);
  EXPECT_THAT(path, Not(HasSubstr("nan")));
}

TEST(Chart, ShowsASinglePointAsADot) {
  EXPECT_THAT(first_path(chart_figure(chart_with({{5, 1}}))), HasSubstr("h0"));
  EXPECT_EQ(count_of(first_path(chart_figure(chart_with({{1, 1}, {2, kGap}, {3, 2}, {4, kGap}}))), "h0"), 2);
}

TEST(Chart, WithoutAnyPointSaysSo) {
  for (const Chart& chart : {Chart{"loss", "updates", "nats", {}, {}}, chart_with({}), chart_with({{1, kGap}})}) {
    EXPECT_TRUE(chart.is_empty());
    EXPECT_THAT(chart_figure(chart), HasSubstr("Nothing was measured."));
  }
}

TEST(Chart, LeavesAnEmptySeriesOutOfItsLines) {
  Chart chart = chart_with({{0, 1}, {1, 2}});
  chart.series.push_back({"empty", {}, 1, true});
  EXPECT_EQ(count_of(chart_figure(chart), "<path"), 1);
}

TEST(Chart, PassesOverValuesThatNoPageCanHold) {
  const std::string html = chart_figure(chart_with({{0, 1}, {1, 1e300}, {2, -1e308}, {3, INFINITY}, {4, 2}}));
  EXPECT_EQ(count_of(first_path(html), "h0"), 2);
  EXPECT_THAT(html, Not(HasSubstr("inf")));
}

TEST(Chart, DrawsItsBaselineWithinItsRange) {
  Chart chart = chart_with({{0, 1}, {1, 2}});
  chart.baseline = {6.3, "unigram <baseline>"};
  const std::string html = chart_figure(chart);
  EXPECT_EQ(count_of(html, "class=\"level\""), 1);
  EXPECT_THAT(html, HasSubstr(">unigram &lt;baseline&gt;</text>"));
  EXPECT_THAT(html, HasSubstr(">8</text>"));  // The axis reaches beyond it.
  chart.baseline->value = kGap;
  EXPECT_EQ(count_of(chart_figure(chart), "class=\"level\""), 0);
}

TEST(Chart, SaysTheValuesOfMarkedPoints) {
  const std::string html = chart_figure(chart_with({{600, 5.8419}, {1200, kGap}}, true));
  EXPECT_EQ(count_of(html, "<circle"), 1);
  EXPECT_THAT(html, HasSubstr("<title>run, 600 updates: 5.8419</title>"));
}

TEST(Chart, IsDescribedForThoseWhoHearIt) {
  const std::string html = chart_figure(chart_with({{0, 3}, {1, 2}}));
  EXPECT_THAT(html, HasSubstr("role=\"img\""));
  EXPECT_THAT(html, HasSubstr("<desc>nats over updates. run: 2 points, from 3 to 2.</desc>"));
}

TEST(Chart, EscapesAllTexts) {
  const std::string evil = "<script>\"";
  const Chart chart = {evil, evil, evil, {{evil, {{0, 1}, {1, 2}}, 0, true}}, ChartBaseline{1, evil}};
  EXPECT_THAT(chart_figure(chart, evil), Not(HasSubstr(evil)));
}

TEST(Chart, DashesTheLinesBeyondItsColours) {
  Chart chart = chart_with({{0, 1}, {1, 2}});
  chart.series.front().style = 11;
  EXPECT_THAT(chart_figure(chart), HasSubstr("class=\"curve s3 d1\""));
  chart.series.front().style = 900;
  EXPECT_THAT(chart_figure(chart), HasSubstr(" d2\""));
}

std::vector<ChartPoint> many_points(int count) {
  std::vector<ChartPoint> points;
  for (int i = 0; i < count; ++i) points.push_back({static_cast<double>(i), std::sin(i * 0.01)});
  return points;
}

TEST(Thinned, LeavesFewPointsAsTheyAre) {
  for (const int count : {0, 1, 7, 2000}) EXPECT_EQ(thinned(many_points(count), 2000), many_points(count));
}

TEST(Thinned, KeepsTheEndsTheOrderAndEverySpike) {
  for (const int count : {2001, 2002, 9999}) {
    std::vector<ChartPoint> points = many_points(count);
    points[1234].y = 50;
    points[1235].y = -50;
    const std::vector<ChartPoint> kept = thinned(points, 2000);
    EXPECT_LE(kept.size(), 2000u);
    EXPECT_GT(kept.size(), 1000u);
    EXPECT_EQ(kept.front(), points.front());
    EXPECT_EQ(kept.back(), points.back());
    EXPECT_TRUE(std::ranges::is_sorted(kept, {}, &ChartPoint::x));
    EXPECT_NE(std::ranges::find(kept, points[1234]), kept.end());
    EXPECT_NE(std::ranges::find(kept, points[1235]), kept.end());
  }
}

TEST(Thinned, KeepsALongGap) {
  std::vector<ChartPoint> points = many_points(10'000);
  for (int i = 4000; i < 5000; ++i) points[static_cast<std::size_t>(i)].y = kGap;
  EXPECT_EQ(count_of(first_path(chart_figure(chart_with(points))), "M"), 2);
}

}  // namespace
}  // namespace bertforge
