#include "common/config/problems.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/base/printable.h"

namespace fedround::config {
namespace {

// The longest value shown in the name of an override.
constexpr std::size_t kLongestValue = 60;

}  // namespace

void Problems::Locate(absl::string_view path, const Origin& key, const Origin& value) {
  places_[std::string(path)] = Place{key, value};
}

const Problems::Place* Problems::Find(absl::string_view path) const {
  while (true) {
    if (const auto found = places_.find(path); found != places_.end()) {
      return &found->second;
    }
    const std::size_t parent = path.find_last_of(".[");
    if (parent == absl::string_view::npos) return nullptr;
    path = path.substr(0, parent);
  }
}

void Problems::Add(absl::string_view path, absl::string_view value, absl::string_view what) {
  const Place* place = Find(path);
  AddLine(place == nullptr ? Origin{} : place->value, path, value, what);
}

void Problems::AddKey(absl::string_view path, absl::string_view what) {
  const Place* place = Find(path);
  AddLine(place == nullptr ? Origin{} : place->key, path, "", what);
}

void Problems::AddLine(const Origin& origin, absl::string_view path, absl::string_view value,
                       absl::string_view what) {
  // "model" holds "model.hidden", which holds "model.hidden[1]".
  for (std::size_t end = 0; end != absl::string_view::npos;) {
    end = path.find_first_of(".[", end + 1);
    if (paths_.contains(path.substr(0, end))) return;
  }
  paths_.insert(std::string(path));
  if (lines_.size() < kMaxReported) lines_.push_back(Worded(origin, path, value, what));
}

absl::Status Problems::ToStatus() const {
  if (paths_.empty()) return absl::OkStatus();
  std::string text = absl::StrJoin(lines_, "\n");
  if (paths_.size() > lines_.size()) {
    absl::StrAppend(&text, "\nand ", paths_.size() - lines_.size(), " more");
  }
  return absl::InvalidArgumentError(text);
}

Origin OriginOfOverride(absl::string_view path, absl::string_view value) {
  return {absl::StrCat("--set ", path, "=", Printable(value, kLongestValue)), 0, 0};
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
