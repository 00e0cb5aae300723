#include "common/config/problems.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"

namespace fedround::config {
namespace {

// "model" holds "model.hidden", which holds "model.hidden[1]".
bool Holds(absl::string_view path, absl::string_view inner) {
  if (!absl::ConsumePrefix(&inner, path)) return false;
  return inner.empty() || inner.front() == '.' || inner.front() == '[';
}

}  // namespace

void Problems::Locate(absl::string_view path, const Origin& key, const Origin& value) {
  places_[std::string(path)] = Place{key, value};
}

const Problems::Place* Problems::Find(absl::string_view path) const {
  while (true) {
    if (const auto found = places_.find(std::string(path)); found != places_.end()) {
      return &found->second;
    }
    const std::size_t parent = path.find_last_of(".[");
    if (parent == absl::string_view::npos) return nullptr;
    path = path.substr(0, parent);
  }
}

void Problems::Add(absl::string_view path, absl::string_view value, absl::string_view what) {
  const Place* place = Find(path);
  AddLine(path, Worded(place == nullptr ? Origin{} : place->value, path, value, what));
}

void Problems::AddKey(absl::string_view path, absl::string_view what) {
  const Place* place = Find(path);
  AddLine(path, Worded(place == nullptr ? Origin{} : place->key, path, "", what));
}

void Problems::AddLine(absl::string_view path, std::string text) {
  const bool known = std::any_of(problems_.begin(), problems_.end(),
                                 [&](const Problem& other) { return Holds(other.path, path); });
  if (!known) problems_.push_back({std::string(path), std::move(text)});
}

absl::Status Problems::ToStatus() const {
  if (problems_.empty()) return absl::OkStatus();
  const std::size_t reported = std::min(problems_.size(), kMaxReported);
  std::string text = absl::StrJoin(
      problems_.begin(), problems_.begin() + static_cast<std::ptrdiff_t>(reported), "\n",
      [](std::string* out, const Problem& problem) { absl::StrAppend(out, problem.text); });
  if (problems_.size() > reported) {
    absl::StrAppend(&text, "\nand ", problems_.size() - reported, " more");
  }
  return absl::InvalidArgumentError(text);
}

std::string Worded(const Origin& origin, absl::string_view path, absl::string_view value,
                   absl::string_view what) {
  const std::string subject =
      value.empty() ? absl::StrCat(path, ": ") : absl::StrCat(path, " = ", value, ": ");
  if (origin.source.empty()) return absl::StrCat(subject, what);
  if (origin.line > 0) {
    return absl::StrCat(origin.source, ":", origin.line, ":", origin.column, ": ", subject, what);
  }
  const bool says_it = absl::StartsWith(origin.source, absl::StrCat("--set ", path, "="));
  return absl::StrCat(origin.source, ": ", says_it ? "" : subject, what);
}

}  // namespace fedround::config
