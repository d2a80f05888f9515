#include "bertforge/base/field_list.h"

#include <algorithm>
#include <numeric>

#include "bertforge/base/error.h"

namespace bertforge {
namespace {

// Levenshtein's: insertions, deletions and replacements of single characters.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i + 1;
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t replaced = diagonal + (a[i] != b[j]);
      diagonal = row[j + 1];
      row[j + 1] = std::min({replaced, row[j] + 1, row[j + 1] + 1});
    }
  }
  return row.back();
}

std::string_view last_name(std::string_view path) { return path.substr(path.rfind('.') + 1); }

}  // namespace

std::string nearest_name(std::string_view name, const std::vector<std::string>& candidates) {
  std::string nearest;
  std::size_t smallest = std::max<std::size_t>(2, name.size() / 3) + 1;
  for (const std::string& candidate : candidates) {
    const std::size_t distance = edit_distance(name, candidate);
    // Of a name of two letters, two edits leave nothing.
    if (distance >= smallest || distance >= std::max(name.size(), candidate.size())) continue;
    smallest = distance;
    nearest = candidate;
  }
  return nearest;
}

void FieldList::add(std::string name, bool& value, std::string help) {
  add_field(std::move(name), &value, std::move(help), {}, {});
}

void FieldList::add(std::string name, std::int64_t& value, std::string help, Bounds<std::int64_t> bounds) {
  // An open side stays open: the largest int64 is no double.
  Bounds<double> wide;
  if (bounds.min != std::numeric_limits<std::int64_t>::lowest()) wide.min = static_cast<double>(bounds.min);
  if (bounds.max != std::numeric_limits<std::int64_t>::max()) wide.max = static_cast<double>(bounds.max);
  add_field(std::move(name), &value, std::move(help), wide, {});
}

void FieldList::add(std::string name, double& value, std::string help, Bounds<double> bounds) {
  add_field(std::move(name), &value, std::move(help), bounds, {});
}

void FieldList::add(std::string name, std::string& value, std::string help, std::vector<std::string> choices) {
  add_field(std::move(name), &value, std::move(help), {}, std::move(choices));
}

void FieldList::add(std::string name, std::vector<std::string>& value, std::string help) {
  add_field(std::move(name), &value, std::move(help), {}, {});
}

void FieldList::add(std::string name, Duration& value, std::string help) {
  add_field(std::move(name), &value, std::move(help), {}, {});
}

void FieldList::add_field(std::string name, Field::Target target, std::string help, Bounds<double> bounds,
                          std::vector<std::string> choices) {
  Field field = {prefix_ + name, target, std::move(help), bounds, std::move(choices)};
  BERTFORGE_CHECK(find(field.path) == nullptr, "two settings are called ", field.path);
  fields_.push_back(std::move(field));
}

Field* FieldList::find(std::string_view path) {
  const auto found =
      std::find_if(fields_.begin(), fields_.end(), [&](const Field& field) { return field.path == path; });
  return found == fields_.end() ? nullptr : &*found;
}

std::string FieldList::nearest(std::string_view path) const {
  std::vector<std::string> paths;
  for (const Field& field : fields_) paths.push_back(field.path);
  const std::string near = nearest_name(path, paths);
  if (!near.empty()) return near;
  for (const std::string& candidate : paths) {
    if (last_name(candidate) == last_name(path)) return candidate;
  }
  return "";
}

std::string allowed_names(std::string_view name, const std::vector<std::string>& names) {
  std::string known;
  for (const std::string& each : names) known += (known.empty() ? "" : ", ") + each;
  const std::string near = nearest_name(name, names);
  return concat("it must be one of ", known, near.empty() ? "" : concat("; did you mean ", near, "?"));
}

}  // namespace bertforge
