#include "common/round/client_state.h"

#include <functional>
#include <utility>

#include "absl/strings/str_cat.h"

namespace fedround {

absl::Status ClientState::Settle(AskId counted) {
  if (staged_.ask == counted && counted != 0) std::swap(kept_, staged_);
  staged_.ask = 0;
  if (kept_.ask == counted) return absl::OkStatus();
  return absl::FailedPreconditionError(absl::StrCat("what it remembered with its answer to ask ",
                                                    counted,
                                                    " is lost: its process was restarted"));
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

}  // namespace fedround
