#include "common/round/client_state.h"

#include <algorithm>
#include <cstring>
#include <functional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/io/numbers.h"

namespace fedround {

absl::Status ClientState::Settle(AskId counted) {
  if (staged_.ask == counted && counted != 0) std::swap(kept_, staged_);
  staged_.ask = 0;
  if (kept_.ask == counted) return absl::OkStatus();
  return absl::FailedPreconditionError(absl::StrCat(
      "what it remembered with its answer to ask ", counted,
      " is lost with the process that it had; federation.client_state = \"disk\" keeps it"));
}

std::span<const float> ClientState::Find(absl::string_view name) const {
  const auto found = kept_.vectors.find(name);
  if (kept_.ask == 0 || found == kept_.vectors.end()) return {};
  return found->second.span();
}

std::span<float> ClientState::Stage(AskId ask, absl::string_view name, std::size_t size) {
  staged_.ask = ask;
  auto found = staged_.vectors.find(name);
  if (found == staged_.vectors.end()) {
    found = staged_.vectors.emplace(std::string(name), FloatBuffer(size)).first;
  }
  return found->second.span();
}

// ---- as bytes: numbers, and what they count ----

void ClientState::Append(const Memory& memory, std::string& bytes) {
  AppendNumber(memory.ask, bytes);
  AppendNumber(memory.vectors.size(), bytes);
  for (const auto& [name, values] : memory.vectors) {
    AppendNumber(name.size(), bytes);
    bytes.append(name);
    AppendNumber(values.size(), bytes);
    bytes.append(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(float));
  }
}

bool ClientState::Take(absl::string_view& bytes, Memory& memory) {
  std::uint64_t count = 0;
  if (!TakeNumber(bytes, memory.ask) || !TakeNumber(bytes, count)) return false;
  for (; count > 0; --count) {
    std::uint64_t size = 0;
    if (!TakeNumber(bytes, size) || size > bytes.size()) return false;
    std::string name(bytes.substr(0, size));
    bytes.remove_prefix(size);
    if (!TakeNumber(bytes, size) || size > bytes.size() / sizeof(float)) return false;
    FloatBuffer values(size);
    std::memcpy(values.data(), bytes.data(), size * sizeof(float));
    bytes.remove_prefix(size * sizeof(float));
    if (!memory.vectors.emplace(std::move(name), std::move(values)).second) return false;
  }
  return true;
}

void ClientState::AppendTo(std::string& bytes) const {
  Append(kept_, bytes);
  Append(staged_, bytes);
}

bool ClientState::Restore(absl::string_view bytes) {
  Memory kept;
  Memory staged;
  if (!Take(bytes, kept) || !Take(bytes, staged) || !bytes.empty()) return false;
  kept_ = std::move(kept);
  staged_ = std::move(staged);
  return true;
}

bool ClientState::HasOtherSizesThan(std::size_t size) const {
  const auto other = [size](const auto& vector) { return vector.second.size() != size; };
  return std::ranges::any_of(kept_.vectors, other) || std::ranges::any_of(staged_.vectors, other);
}

}  // namespace fedround
