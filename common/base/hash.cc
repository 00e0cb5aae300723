#include "common/base/hash.h"

#include <openssl/evp.h>
#include <openssl/rand.h>
#include <xxhash.h>

#include <vector>

#include "absl/strings/escaping.h"
#include "common/base/check.h"

namespace fedround {

std::uint64_t Xxh3(std::span<const std::byte> bytes, std::uint64_t seed) {
  return XXH3_64bits_withSeed(bytes.data(), bytes.size(), seed);
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
  return Sha256Hex(absl::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
}

std::string Sha256Hex(absl::string_view bytes) { return Sha256Hex(std::span(&bytes, 1)); }

std::string Sha256Hex(std::span<const absl::string_view> parts) {
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(),
                                                                        &EVP_MD_CTX_free);
  CHECK(context != nullptr);
  CHECK(EVP_DigestInit_ex(context.get(), EVP_sha256(), nullptr) == 1);
  for (const absl::string_view part : parts) {
    CHECK(EVP_DigestUpdate(context.get(), part.data(), part.size()) == 1);
  }
  unsigned char digest[32];
  unsigned int size = 0;
  CHECK(EVP_DigestFinal_ex(context.get(), digest, &size) == 1);
  CHECK(size == sizeof(digest));
  return absl::BytesToHexString(
      absl::string_view(reinterpret_cast<const char*>(digest), sizeof(digest)));
}

std::string RandomHex(std::size_t count) {
  std::vector<unsigned char> bytes(count);
  CHECK(RAND_bytes(bytes.data(), static_cast<int>(count)) == 1);
  return absl::BytesToHexString(
      absl::string_view(reinterpret_cast<const char*>(bytes.data()), count));
}

}  // namespace fedround
