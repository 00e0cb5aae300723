#include "coordinator/rpc/identity.h"

#include <openssl/crypto.h>

#include "absl/strings/str_cat.h"

namespace fedround::coordinator {
namespace {

constexpr char kTokenKey[] = "fedround-token";

// Takes the same time wherever the two differ: a peer cannot guess the token byte by byte.
bool Matches(grpc::string_ref presented, absl::string_view token) {
  return presented.size() == token.size() &&
         CRYPTO_memcmp(presented.data(), token.data(), token.size()) == 0;
}

}  // namespace

absl::StatusOr<Identity> ResolveIdentity(const grpc::CallbackServerContext& context,
                                         absl::string_view token) {
  const auto presented = context.client_metadata().find(kTokenKey);
  if (presented == context.client_metadata().end() || !Matches(presented->second, token)) {
    return absl::UnauthenticatedError(absl::StrCat(
        "metadata \"", kTokenKey,
        "\" is missing or not this run's token: take it from the run's endpoint.json"));
  }
  return Identity{context.peer()};
}

}  // namespace fedround::coordinator
