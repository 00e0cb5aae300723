#include "coordinator/rpc/service/identity.h"

#include <openssl/crypto.h>

#include "absl/strings/str_cat.h"
#include "coordinator/rpc/listener/http2/header_block.h"

namespace fedround::coordinator {
namespace {

constexpr char kTokenKey[] = "fedround-token";

// Takes the same time wherever the two differ, so that a peer cannot guess the token byte by byte.
bool Matches(absl::string_view presented, absl::string_view token) {
  return presented.size() == token.size() &&
         CRYPTO_memcmp(presented.data(), token.data(), token.size()) == 0;
}

absl::Status NotAuthenticated() {
  return absl::UnauthenticatedError(
      absl::StrCat("metadata \"", kTokenKey,
                   "\" is missing or not this run's token: take it from the run's endpoint.json"));
}

}  // namespace

absl::Status CheckFirstCall(const FirstCall& call, absl::string_view token) {
  const absl::StatusOr<std::optional<std::string>> presented =
      FindHeader(call.header_block, kTokenKey);
  if (!presented.ok() || !presented->has_value() || !Matches(**presented, token)) {
    return NotAuthenticated();
  }
  return absl::OkStatus();
}

absl::StatusOr<Identity> ResolveIdentity(const grpc::CallbackServerContext& context,
                                         absl::string_view token) {
  const auto presented = context.client_metadata().find(kTokenKey);
  if (presented == context.client_metadata().end() ||
      !Matches({presented->second.data(), presented->second.size()}, token)) {
    return NotAuthenticated();
  }
  return Identity{context.peer()};
}

}  // namespace fedround::coordinator
