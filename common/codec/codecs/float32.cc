// float32: the numbers as they are, IEEE single precision, little-endian, without a header.
//
// Decoding a piece is one memcpy: pieces may split a float, since its bytes go where they belong in
// any case. Encodes NaN and infinities like everything else.
#include <cstring>

#include "common/codec/codecs/table.h"

namespace fedround::codec {
namespace {

constexpr char kName[] = "float32";

class Float32Decoder : public Decoder {
 public:
  explicit Float32Decoder(std::span<float> values) : bytes_(std::as_writable_bytes(values)) {}

  absl::Status Append(std::span<const std::byte> bytes) override {
    if (bytes.size() > bytes_.size() - arrived_) {
      return TooManyBytes(kName, bytes_.size(), bytes_.size() / sizeof(float));
    }
    if (!bytes.empty()) std::memcpy(bytes_.data() + arrived_, bytes.data(), bytes.size());
    arrived_ += bytes.size();
    return absl::OkStatus();
  }

  absl::Status Finish() override {
    if (arrived_ == bytes_.size()) return absl::OkStatus();
    return TooFewBytes(kName, arrived_, bytes_.size(), bytes_.size() / sizeof(float));
  }

  std::size_t ready() const override { return arrived_ / sizeof(float); }

 private:
  std::span<std::byte> bytes_;
  std::size_t arrived_ = 0;
};

class Float32 : public Step {
 public:
  explicit Float32(std::size_t elements) : bytes_(std::uint64_t{sizeof(float)} * elements) {}

  CodecFacts facts() const override {
    return {.lossless = true, .verbatim = true, .min_bytes = bytes_, .max_bytes = bytes_};
  }

  std::optional<Refusal> Encode(std::span<const float> values,
                                std::vector<std::byte>& payload) const override {
    const std::span<const std::byte> bytes = std::as_bytes(values);
    payload.insert(payload.end(), bytes.begin(), bytes.end());
    return std::nullopt;
  }

  std::unique_ptr<Decoder> MakeDecoder(std::span<float> values) const override {
    return std::make_unique<Float32Decoder>(values);
  }

  void ErrorBounds(std::span<const float>, std::span<double>) const override {}

 private:
  std::uint64_t bytes_;
};

}  // namespace

CodecEntry Float32Entry() {
  return {{kName, "numbers as they are: 4 bytes each, nothing lost", "IEEE 754", {}},
          [](const PlugIn&, std::size_t elements) -> std::unique_ptr<const Step> {
            return std::make_unique<Float32>(elements);
          }};
}

}  // namespace fedround::codec
