#include "common/fold/kept.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "common/base/check.h"
#include "common/base/io/numbers.h"

namespace fedround::fold {

void Kept::Add(Update update) {
  CHECK(update.values.size() == size_);
  const auto at = std::ranges::lower_bound(updates_, update.client, {}, &Update::client);
  CHECK(at == updates_.end() || at->client != update.client);
  updates_.insert(at, std::move(update));
}

void Kept::Merge(Kept&& other) {
  for (Update& update : other.Take()) Add(std::move(update));
}

void Kept::AppendTo(std::string& bytes) const {
  AppendNumber(updates_.size(), bytes);
  for (const Update& update : updates_) {
    AppendNumber(update.client, bytes);
    AppendNumber(update.weight, bytes);
    bytes.append(reinterpret_cast<const char*>(update.values.data()), size_ * sizeof(float));
  }
}

absl::Status Kept::TakeFrom(absl::string_view& bytes) {
  const auto too_short = [] { return absl::InvalidArgumentError("updates: they end too early"); };
  absl::string_view rest = bytes;
  std::uint64_t count = 0;
  if (!TakeNumber(rest, count)) return too_short();
  std::vector<Update> updates;
  for (std::uint64_t i = 0; i < count; ++i) {
    Update update;
    if (!TakeNumber(rest, update.client) || !TakeNumber(rest, update.weight) ||
        rest.size() / sizeof(float) < size_) {
      return too_short();
    }
    if (!updates.empty() && update.client <= updates.back().client) {
      return absl::InvalidArgumentError("updates: their clients do not ascend");
    }
    update.values = FloatBuffer(size_);
    std::memcpy(update.values.data(), rest.data(), size_ * sizeof(float));
    rest.remove_prefix(size_ * sizeof(float));
    updates.push_back(std::move(update));
  }
  updates_ = std::move(updates);
  bytes = rest;
  return absl::OkStatus();
}

}  // namespace fedround::fold
