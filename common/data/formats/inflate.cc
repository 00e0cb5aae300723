#include "common/data/formats/inflate.h"

#include <zlib.h>

#include <algorithm>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "common/base/check.h"
#include "common/base/status_macros.h"
#include "common/data/formats/byte_reader.h"
#include "common/data/limits.h"

namespace fedround::data {
namespace {

constexpr std::uint64_t kMaxDeflateRatio = 1032;
constexpr std::size_t kMinGzipBytes = 18;  // header and trailer
constexpr std::size_t kScratchBytes = std::size_t{1} << 16;
// zlib counts in 32 bits.
constexpr std::size_t kMaxStretch = std::size_t{1} << 30;

class Stream {
 public:
  explicit Stream(Wrapping wrapping) {
    CHECK(inflateInit2(&zlib_, wrapping == Wrapping::kGzip ? 16 + MAX_WBITS : -MAX_WBITS) == Z_OK);
  }
  ~Stream() { inflateEnd(&zlib_); }
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  // Inflates until the stream ends, `in` or `out` is used up, or damage is met; returns zlib's
  // code, Z_BUF_ERROR for what is used up.
  int Run(std::span<const std::byte> in, std::span<std::byte> out) {
    return RunOn(in, out.subspan(produced_));
  }

  // The same for the bytes that follow those produced so far; `in` is the whole input again.
  int RunOn(std::span<const std::byte> in, std::span<std::byte> out) {
    int code = Z_OK;
    while (code == Z_OK) {
      const std::size_t in_stretch = std::min(in.size() - consumed_, kMaxStretch);
      const std::size_t out_stretch = std::min(out.size(), kMaxStretch);
      zlib_.next_in =
          reinterpret_cast<Bytef*>(const_cast<std::byte*>(in.subspan(consumed_).data()));
      zlib_.avail_in = static_cast<uInt>(in_stretch);
      zlib_.next_out = reinterpret_cast<Bytef*>(out.data());
      zlib_.avail_out = static_cast<uInt>(out_stretch);
      code = inflate(&zlib_, Z_NO_FLUSH);
      consumed_ += in_stretch - zlib_.avail_in;
      const std::size_t produced = out_stretch - zlib_.avail_out;
      produced_ += produced;
      out = out.subspan(produced);
    }
    return code;
  }

  std::size_t consumed() const { return consumed_; }
  std::size_t produced() const { return produced_; }
  absl::string_view message() const { return zlib_.msg == nullptr ? "bad stream" : zlib_.msg; }

 private:
  z_stream zlib_{};
  std::size_t consumed_ = 0;
  std::size_t produced_ = 0;
};

absl::Status Verdict(const Stream& stream, int code, std::size_t compressed_bytes,
                     std::uint64_t expected_bytes, absl::string_view name) {
  const auto error = [&](absl::string_view what) {
    return FormatError(name, stream.consumed(), what);
  };
  if (code == Z_BUF_ERROR && stream.consumed() < compressed_bytes) {
    return error(absl::StrCat("inflates to more than the ", expected_bytes, " bytes it claims"));
  }
  if (code == Z_BUF_ERROR) return error("the compressed data ends too early");
  if (code != Z_STREAM_END) {
    return error(absl::StrCat("damaged compressed data: ", stream.message()));
  }
  if (stream.produced() != expected_bytes) {
    return error(
        absl::StrCat("inflates to ", stream.produced(), " bytes, claims ", expected_bytes));
  }
  if (stream.consumed() != compressed_bytes) {
    return error(absl::StrCat(compressed_bytes - stream.consumed(),
                              " bytes too many follow the compressed data"));
  }
  return absl::OkStatus();
}

bool IsPadding(std::span<const std::byte> bytes) {
  return std::ranges::all_of(bytes, [](std::byte byte) { return byte == std::byte{0}; });
}

// Inflates the members of a gzip file, one after the other, and returns how many bytes they have.
// `room(before)` returns where to write what follows the first `before` bytes; it is not empty
// before the end.
template <typename Room>
absl::StatusOr<std::uint64_t> InflateMembers(std::span<const std::byte> bytes,
                                             absl::string_view name, const Room& room) {
  std::uint64_t total = 0;
  std::size_t begin = 0;  // of the member
  while (true) {
    Stream stream(Wrapping::kGzip);
    const auto error = [&](absl::string_view what) {
      return FormatError(name, begin + stream.consumed(), what);
    };
    int code = Z_OK;
    while (code != Z_STREAM_END) {
      const std::size_t before = stream.produced();
      code = stream.RunOn(bytes.subspan(begin), room(total));
      total += stream.produced() - before;
      if (total > kMaxBytes)
        return error(absl::StrCat("inflates to more than ", kMaxBytes, " bytes"));
      if (code == Z_BUF_ERROR && stream.produced() == before) {
        return error("the compressed data ends too early");
      }
      if (code != Z_STREAM_END && code != Z_BUF_ERROR) {
        return error(absl::StrCat("damaged compressed data: ", stream.message()));
      }
    }
    begin += stream.consumed();
    const auto rest = bytes.subspan(begin);
    if (IsPadding(rest)) return total;
    if (!LooksGzipped(rest)) {
      return FormatError(name, begin,
                         absl::StrCat(rest.size(), " bytes too many follow the compressed data"));
    }
  }
}

absl::StatusOr<std::uint64_t> MeasureGzip(std::span<const std::byte> bytes,
                                          absl::string_view name) {
  AlignedBuffer<std::byte> scratch(kScratchBytes);
  return InflateMembers(bytes, name, [&](std::uint64_t) { return scratch.span(); });
}

}  // namespace

absl::StatusOr<AlignedBuffer<std::byte>> Inflate(std::span<const std::byte> compressed,
                                                 Wrapping wrapping, std::uint64_t expected_bytes,
                                                 absl::string_view name) {
  if (expected_bytes == 0 || expected_bytes > kMaxBytes ||
      expected_bytes / kMaxDeflateRatio > compressed.size()) {
    return absl::DataLossError(
        absl::StrCat(name, ": ", compressed.size(), " compressed bytes claim to inflate to ",
                     expected_bytes, ": must be at least 1, at most ", kMaxBytes, " and at most ",
                     kMaxDeflateRatio, " times as many"));
  }
  AlignedBuffer<std::byte> inflated(static_cast<std::size_t>(expected_bytes));
  Stream stream(wrapping);
  const int code = stream.Run(compressed, inflated.span());
  if (absl::Status verdict = Verdict(stream, code, compressed.size(), expected_bytes, name);
      !verdict.ok()) {
    return verdict;
  }
  return inflated;
}

bool LooksGzipped(std::span<const std::byte> bytes) {
  return bytes.size() >= 2 && bytes[0] == std::byte{0x1f} && bytes[1] == std::byte{0x8b};
}

absl::StatusOr<AlignedBuffer<std::byte>> Gunzip(std::span<const std::byte> bytes,
                                                absl::string_view name) {
  if (bytes.size() < kMinGzipBytes) {
    return FormatError(name, bytes.size(), "too short for a gzip file");
  }
  // Nearly every file has one member and ends with its size: inflating it once is enough.
  absl::StatusOr<AlignedBuffer<std::byte>> only =
      Inflate(bytes, Wrapping::kGzip, LoadLittle<std::uint32_t>(bytes, bytes.size() - 4), name);
  if (only.ok()) return only;
  ASSIGN_OR_RETURN(const std::uint64_t size, MeasureGzip(bytes, name));
  AlignedBuffer<std::byte> inflated(static_cast<std::size_t>(size));
  if (size == 0) return inflated;
  ASSIGN_OR_RETURN(const std::uint64_t filled,
                   InflateMembers(bytes, name, [&](std::uint64_t before) {
                     return inflated.span().subspan(static_cast<std::size_t>(before));
                   }));
  CHECK(filled == size);
  return inflated;
}

}  // namespace fedround::data
