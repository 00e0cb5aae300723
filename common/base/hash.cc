#include "common/base/hash.h"

#include <openssl/evp.h>
#include <openssl/rand.h>
#include <xxhash.h>

#include <vector>

#include "absl/strings/escaping.h"
#include "common/base/check.h"

namespace fedround {

std::uint64_t Xxh3(std::span<const std::byte> bytes) {
  return XXH3_64bits(bytes.data(), bytes.size());
}

struct Xxh3Stream::State {
  XXH3_state_t* xxh = XXH3_createState();
  State() { CHECK(xxh != nullptr); }
  ~State() { XXH3_freeState(xxh); }
  State(const State&) = delete;
  State& operator=(const State&) = delete;
};

Xxh3Stream::Xxh3Stream() : state_(std::make_unique<State>()) { Reset(); }
Xxh3Stream::~Xxh3Stream() = default;
void Xxh3Stream::Reset() { CHECK(XXH3_64bits_reset(state_->xxh) == XXH_OK); }
void Xxh3Stream::Append(std::span<const std::byte> bytes) {
  CHECK(XXH3_64bits_update(state_->xxh, bytes.data(), bytes.size()) == XXH_OK);
}
std::uint64_t Xxh3Stream::Digest() const { return XXH3_64bits_digest(state_->xxh); }

std::string Sha256Hex(std::span<const std::byte> bytes) {
  unsigned char digest[32];
  unsigned int size = 0;
  CHECK(EVP_Digest(bytes.data(), bytes.size(), digest, &size, EVP_sha256(), nullptr) == 1);
  CHECK(size == sizeof(digest));
  return absl::BytesToHexString(
      absl::string_view(reinterpret_cast<const char*>(digest), sizeof(digest)));
}

std::string Sha256Hex(absl::string_view bytes) {
  return Sha256Hex(std::as_bytes(std::span(bytes.data(), bytes.size())));
}

std::string RandomHex(std::size_t count) {
  std::vector<unsigned char> bytes(count);
  CHECK(RAND_bytes(bytes.data(), static_cast<int>(count)) == 1);
  return absl::BytesToHexString(
      absl::string_view(reinterpret_cast<const char*>(bytes.data()), count));
}

}  // namespace fedround
