#pragma once
// The settings of the program, each named once: path, where it is stored, help and bounds.
//
// Every room has a plain `struct XConfig` with defaults and one function `visit_fields(XConfig&, FieldList&)`. From the
// list come the TOML reader (formats/toml.h), the command line, --print-config, --help and the reference page in docs/.

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "bertforge/base/duration.h"

namespace bertforge {

// A closed interval; numbers outside are refused.
template <class T>
struct Bounds {
  T min = std::numeric_limits<T>::lowest();
  T max = std::numeric_limits<T>::max();
};

// One setting. It points into the config that was visited: that config outlives the list.
struct Field {
  using Target = std::variant<bool*, std::int64_t*, double*, std::string*, std::vector<std::string>*, Duration*>;

  std::string path;  // "train.learning_rate"
  Target target;
  std::string help;                       // One sentence, units included.
  Bounds<double> bounds = {};             // For numbers.
  std::vector<std::string> choices = {};  // For strings: the only values allowed, where there are any.
  std::string origin = "default";         // Where its value came from: "default", "FILE:LINE", "command line".

  std::string type_name() const;      // "number", "whole number", "true or false", "text", "list of texts", "duration"
  std::string value_as_toml() const;  // "0.1", "\"gelu\"", "[\"a\", \"b\"]", "\"3 epochs\""
};

class FieldList {
 public:
  // Fields added inside `visit` get the prefix `name.`:
  // list.section("train", [&] { visit_fields(config.train, list); }).
  template <class Visit>
  void section(const std::string& name, Visit visit) {
    const std::string outer = prefix_;
    prefix_ += name + ".";
    visit();
    prefix_ = outer;
  }

  void add(std::string name, bool& value, std::string help);
  void add(std::string name, std::int64_t& value, std::string help, Bounds<std::int64_t> bounds = {});
  void add(std::string name, double& value, std::string help, Bounds<double> bounds = {});
  void add(std::string name, std::string& value, std::string help, std::vector<std::string> choices = {});
  void add(std::string name, std::vector<std::string>& value, std::string help);
  void add(std::string name, Duration& value, std::string help);

  std::vector<Field>& fields() { return fields_; }
  const std::vector<Field>& fields() const { return fields_; }
  Field* find(std::string_view path);  // nullptr where there is none.
  // The path that `path` was probably meant to be: a near one, or the same name in another section; "" if none is.
  std::string nearest(std::string_view path) const;

 private:
  void add_field(std::string name, Field::Target target, std::string help, Bounds<double> bounds,
                 std::vector<std::string> choices);

  std::vector<Field> fields_;
  std::string prefix_;
};

// Sets a field from text as it stands on the command line ("true", "3", "0.1", "a,b", "3 epochs").
// `origin` opens the message of an Error(kUsage): "configs/x.toml:12" or "command line".
void set_field_from_text(Field& field, std::string_view text, const std::string& origin);

// Bounds and choices of the value that the field holds; Error(kUsage) that names origin, path, value and what is allowed.
void check_field(const Field& field, const std::string& origin);

// The candidate with the smallest edit distance to `name`; "" where none is plausibly meant (more than a third differs).
std::string nearest_name(std::string_view name, const std::vector<std::string>& candidates);

// What a message says after a name that is none of `names`: "it must be one of gelu, relu; did you mean gelu?"
std::string allowed_names(std::string_view name, const std::vector<std::string>& names);

}  // namespace bertforge
