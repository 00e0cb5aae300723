// The layout, and what is believed of it.
//
//   Header            168 bytes; says how many of everything there are
//   training labels   uint32 each      |
//   test labels       uint32 each      |  covered by Header::checksum, together with the header;
//   natural clients   uint32 each      |  read and checked on every opening
//   client names      packed           |
//   training rows     inputs, RowCheck   each row covered by its own RowCheck;
//   test rows         inputs, RowCheck   checked when it is read
//
// Little-endian, without gaps. What is hard: a client opens a file of 55 MB for the sake of its 600
// rows, so neither hashing all of it nor trusting it is possible. Hence one checksum for what every
// process reads and one for each row. Numbers of the header are not believed before the size of the
// file agrees with them (BytesClaimed), so that a damaged one can neither make us allocate much nor
// read past the end.
#include "common/data/cache_file.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>
#include <initializer_list>
#include <tuple>
#include <type_traits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/check.h"
#include "common/base/hash.h"
#include "common/base/status_macros.h"
#include "common/data/limits.h"

namespace fedround::data {
namespace {

constexpr std::array<char, 8> kMagic = {'f', 'e', 'd', 'r', 'd', 'a', 't', 'a'};
constexpr std::size_t kHashDigits = 64;
constexpr std::size_t kPieceBytes = std::size_t{1} << 20;

struct Header {
  std::array<char, 8> magic;
  std::uint32_t version;
  std::uint32_t type;
  std::uint64_t height;
  std::uint64_t width;
  std::uint64_t channels;
  std::uint64_t layout;  // kAuto stands for none
  std::uint64_t classes;
  std::uint64_t train;            // examples
  std::uint64_t test;             // examples
  std::uint64_t natural_clients;  // as many as training examples, or 0
  std::uint64_t name_bytes;
  std::uint64_t source_hash;
  std::array<char, kHashDigits> hash;
  std::uint64_t checksum;  // XXH3 of the header up to here and of all that stands before the rows
};
static_assert(sizeof(Header) == 168 && std::has_unique_object_representations_v<Header>);

// XXH3 of a row's inputs. Its seed depends on the data set and on the row, so that neither another
// row nor the same row of another data set passes.
using RowCheck = std::uint64_t;

std::uint64_t CheckSeed(absl::string_view hash) {
  return Xxh3(std::as_bytes(std::span(hash.data(), hash.size())));
}

std::span<const std::byte> BytesOf(const Header& header) {
  return std::as_bytes(std::span(&header, 1));
}

template <typename Array>
std::span<const std::byte> BytesOf(const Array& array) {
  return std::as_bytes(std::span(array));
}

absl::string_view Text(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::uint64_t Checksum(const Header& header,
                       std::initializer_list<std::span<const std::byte>> arrays) {
  Xxh3Stream stream;
  stream.Append(BytesOf(header).first(offsetof(Header, checksum)));
  for (const auto array : arrays) stream.Append(array);
  return stream.Digest();
}

// Features of an example, or 0 if they cannot be right.
std::uint64_t InputsClaimed(const Header& header) {
  std::uint64_t inputs = 1;
  for (const std::uint64_t extent : {header.height, header.width, header.channels}) {
    if (extent > kMaxBytes / inputs) return 0;
    inputs *= extent;
    if (inputs == 0) return 0;
  }
  return inputs;
}

// How long the file must be, or 0 if the header cannot be right.
std::uint64_t BytesClaimed(const Header& header) {
  const auto type = static_cast<ValueType>(header.type);
  const std::uint64_t inputs = InputsClaimed(header);
  const bool sane = header.magic == kMagic && header.version == kCacheFormat &&
                    (type == ValueType::kUint8 || type == ValueType::kFloat32) && inputs > 0 &&
                    header.layout <= static_cast<std::uint64_t>(ImageLayout::kNchw) &&
                    header.train <= kMaxExamples && header.test <= kMaxExamples &&
                    header.name_bytes <= kMaxBytes &&
                    (header.natural_clients == 0 || header.natural_clients == header.train) &&
                    header.train + header.test <= 2 * kMaxBytes / (inputs * ValueBytes(type));
  if (!sane) return 0;
  return sizeof(Header) +
         (header.train + header.test + header.natural_clients) * sizeof(std::uint32_t) +
         header.name_bytes +
         (header.train + header.test) * (inputs * ValueBytes(type) + sizeof(RowCheck));
}

absl::Status Damaged(const std::string& path, absl::string_view what) {
  return absl::DataLossError(absl::StrCat(path, ": ", what));
}

absl::Status WriteRows(const DecodedSplit& split, std::uint64_t seed,
                       const std::function<absl::Status(absl::string_view)>& append) {
  if (split.labels.empty()) return absl::OkStatus();
  const std::size_t inputs = split.values.size() / split.labels.size();
  std::vector<std::byte> piece;
  for (std::size_t row = 0; row < split.labels.size(); ++row) {
    const std::span<const std::byte> values = split.values.span().subspan(row * inputs, inputs);
    const RowCheck check = Xxh3(values, seed + row);
    const auto check_bytes = std::as_bytes(std::span(&check, 1));
    piece.insert(piece.end(), values.begin(), values.end());
    piece.insert(piece.end(), check_bytes.begin(), check_bytes.end());
    if (piece.size() < kPieceBytes && row + 1 < split.labels.size()) continue;
    RETURN_IF_ERROR(append(Text(piece)));
    piece.clear();
  }
  return absl::OkStatus();
}

}  // namespace

std::size_t CachedDataset::stride() const {
  return shape.size() * ValueBytes(type) + sizeof(RowCheck);
}

absl::Status CachedDataset::Read(const CachedSplit& split, std::span<const std::uint32_t> rows,
                                 std::span<std::byte> out) const {
  CHECK(out.size() == rows.size() * stride());
  const std::uint64_t seed = CheckSeed(hash) + split.first_row;
  for (std::size_t first = 0; first < rows.size();) {
    std::size_t end = first;  // of the neighbours that one read fetches
    do {
      CHECK(rows[end] < split.labels.size());
      ++end;
    } while (end < rows.size() && rows[end] == rows[end - 1] + 1);
    RETURN_IF_ERROR(ReadExactly(fd, split.offset + rows[first] * stride(),
                                out.subspan(first * stride(), (end - first) * stride()), path));
    for (; first < end; ++first) {
      const auto row = out.subspan(first * stride(), stride());
      RowCheck check = 0;
      std::memcpy(&check, row.last(sizeof(check)).data(), sizeof(check));
      if (Xxh3(row.first(row.size() - sizeof(check)), seed + rows[first]) == check) continue;
      return Damaged(path, absl::StrCat(split.first_row == 0 ? "training" : "test", " row ",
                                        rows[first], " does not match its checksum"));
    }
  }
  return absl::OkStatus();
}

std::optional<std::uint32_t> CacheFormatOf(const Fd& fd) {
  std::array<std::byte, kMagic.size() + sizeof(std::uint32_t)> start;
  if (!ReadExactly(fd, 0, start, "").ok()) return std::nullopt;
  if (!std::ranges::equal(std::as_bytes(std::span(kMagic)),
                          std::span(start).first(kMagic.size()))) {
    return std::nullopt;
  }
  std::uint32_t format = 0;
  std::memcpy(&format, start.data() + kMagic.size(), sizeof(format));
  return format;
}

absl::StatusOr<CachedDataset> ReadCacheFile(Fd fd, std::string path) {
  CachedDataset cache;
  ASSIGN_OR_RETURN(const std::uint64_t size, FileSize(fd, path));
  Header header;
  RETURN_IF_ERROR(ReadExactly(fd, 0, std::as_writable_bytes(std::span(&header, 1)), path));
  if (BytesClaimed(header) != size) return Damaged(path, "the size does not match the header");

  std::uint64_t offset = sizeof(Header);
  cache.train.labels.resize(header.train);
  cache.test.labels.resize(header.test);
  cache.natural_clients.resize(header.natural_clients);
  cache.client_names.resize(header.name_bytes);
  for (const std::span<std::byte> bytes : {std::as_writable_bytes(std::span(cache.train.labels)),
                                           std::as_writable_bytes(std::span(cache.test.labels)),
                                           std::as_writable_bytes(std::span(cache.natural_clients)),
                                           std::as_writable_bytes(std::span(cache.client_names))}) {
    RETURN_IF_ERROR(ReadExactly(fd, offset, bytes, path));
    offset += bytes.size();
  }
  if (Checksum(header, {BytesOf(cache.train.labels), BytesOf(cache.test.labels),
                        BytesOf(cache.natural_clients), BytesOf(cache.client_names)}) !=
      header.checksum) {
    return Damaged(path, "the checksum does not match");
  }
  if (std::max(CountClasses(cache.train.labels), CountClasses(cache.test.labels)) >
      header.classes) {
    return Damaged(path, "a label is beyond the classes");
  }
  cache.fd = std::move(fd);
  cache.path = std::move(path);
  cache.type = static_cast<ValueType>(header.type);
  cache.shape = {header.height, header.width, header.channels};
  if (header.layout != 0) cache.layout = static_cast<ImageLayout>(header.layout);
  cache.classes = header.classes;
  cache.hash.assign(header.hash.data(), header.hash.size());
  cache.source_hash = header.source_hash;
  cache.train.offset = offset;
  cache.test.first_row = header.train;
  cache.test.offset = offset + header.train * cache.stride();
  return cache;
}

absl::Status WriteCacheFile(const Decoded& decoded, std::uint64_t source_hash,
                            const std::function<absl::Status(absl::string_view)>& append) {
  const auto& [train, test] = std::tie(decoded.train, decoded.test);
  Header header{.magic = kMagic,
                .version = kCacheFormat,
                .type = static_cast<std::uint32_t>(decoded.type),
                .height = decoded.shape.height,
                .width = decoded.shape.width,
                .channels = decoded.shape.channels,
                .layout = static_cast<std::uint64_t>(decoded.layout.value_or(ImageLayout::kAuto)),
                .classes = decoded.classes,
                .train = train.labels.size(),
                .test = test.labels.size(),
                .natural_clients = decoded.natural_clients.size(),
                .name_bytes = decoded.client_names.size(),
                .source_hash = source_hash,
                .hash = {},
                .checksum = 0};
  const std::string hash = ContentHash(decoded);
  hash.copy(header.hash.data(), header.hash.size());
  header.checksum =
      Checksum(header, {BytesOf(train.labels), BytesOf(test.labels),
                        BytesOf(decoded.natural_clients), BytesOf(decoded.client_names)});

  for (const std::span<const std::byte> part :
       {BytesOf(header), BytesOf(train.labels), BytesOf(test.labels),
        BytesOf(decoded.natural_clients), BytesOf(decoded.client_names)}) {
    RETURN_IF_ERROR(append(Text(part)));
  }
  RETURN_IF_ERROR(WriteRows(train, CheckSeed(hash), append));
  return WriteRows(test, CheckSeed(hash) + train.labels.size(), append);
}

}  // namespace fedround::data
