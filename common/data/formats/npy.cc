#include "common/data/formats/npy.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/base/status_macros.h"
#include "common/data/formats/byte_reader.h"
#include "common/data/limits.h"

namespace fedround::data {
namespace {

constexpr absl::string_view kMagic = "\x93NUMPY";

// The dictionary in a header, e.g. {'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }
// The three keys may come in any order, each once. Each Parse function returns false on anything
// else.
class HeaderParser {
 public:
  explicit HeaderParser(absl::string_view text) : text_(text) {}

  bool Parse() {
    if (!Skip('{')) return false;
    while (!Skip('}')) {
      std::string key;
      if (!ParseQuoted(key) || !Skip(':') || !ParseValue(key)) return false;
      if (Skip(',')) continue;
      if (!Skip('}')) return false;
      break;
    }
    SkipSpaces();
    return text_.empty() && has_descr_ && has_order_ && has_shape_;
  }

  const std::string& descr() const { return descr_; }
  bool fortran_order() const { return fortran_order_; }
  const std::vector<std::uint64_t>& shape() const { return shape_; }

 private:
  bool ParseValue(absl::string_view key) {
    if (key == "descr" && !has_descr_) return has_descr_ = ParseQuoted(descr_);
    if (key == "fortran_order" && !has_order_) return has_order_ = ParseBool();
    if (key == "shape" && !has_shape_) return has_shape_ = ParseShape();
    return false;
  }

  void SkipSpaces() {
    while (!text_.empty() && (text_[0] == ' ' || text_[0] == '\n')) text_.remove_prefix(1);
  }

  bool Skip(char expected) {
    SkipSpaces();
    if (text_.empty() || text_[0] != expected) return false;
    text_.remove_prefix(1);
    return true;
  }

  bool ParseQuoted(std::string& out) {
    if (!Skip('\'')) return false;
    const std::size_t end = text_.find('\'');
    if (end == absl::string_view::npos) return false;
    out = std::string(text_.substr(0, end));
    text_.remove_prefix(end + 1);
    return true;
  }

  bool ParseBool() {
    SkipSpaces();
    for (const bool value : {false, true}) {
      const absl::string_view word = value ? "True" : "False";
      if (!absl::StartsWith(text_, word)) continue;
      fortran_order_ = value;
      text_.remove_prefix(word.size());
      return true;
    }
    return false;
  }

  bool ParseShape() {
    if (!Skip('(')) return false;
    while (!Skip(')')) {
      if (shape_.size() == kMaxAxes) return false;
      SkipSpaces();
      const std::size_t digits = std::min(text_.find_first_not_of("0123456789"), text_.size());
      std::uint64_t extent = 0;
      if (!absl::SimpleAtoi(text_.substr(0, digits), &extent)) return false;
      text_.remove_prefix(digits);
      shape_.push_back(extent);
      if (Skip(',')) continue;
      if (!Skip(')')) return false;
      break;
    }
    return true;
  }

  absl::string_view text_;
  std::string descr_;
  bool fortran_order_ = false;
  std::vector<std::uint64_t> shape_;
  bool has_descr_ = false;
  bool has_order_ = false;
  bool has_shape_ = false;
};

constexpr std::size_t kCharacterBytes = 4;  // of 'U': a code point

// Reads "<f4" and its like: byte order, kind, bytes; of texts "<U12", characters.
bool ParseDescr(absl::string_view descr, NpyArray& array) {
  std::uint32_t count = 0;
  if (descr.size() < 3 || !absl::SimpleAtoi(descr.substr(2), &count) || count == 0) return false;
  const bool little = descr[0] == '<';
  array.kind = descr[1];
  array.item_bytes = count;
  switch (array.kind) {
    case 'U':
      array.item_bytes *= kCharacterBytes;
      return little;
    case 'S':
      return little || descr[0] == '|';
    case 'f':
      return little && (count == 4 || count == 8);
    case 'u':
    case 'i':
      return count == 1 ? little || descr[0] == '|'
                        : little && (count == 2 || count == 4 || count == 8);
    default:
      return false;
  }
}

// The text between the magic and the values.
absl::StatusOr<absl::string_view> TakeHeader(ByteReader& reader, absl::string_view name) {
  ASSIGN_OR_RETURN(const auto start, reader.Take(kMagic.size() + 2, "npy magic"));
  if (absl::string_view(reinterpret_cast<const char*>(start.data()), kMagic.size()) != kMagic) {
    return FormatError(name, 0, "not an npy array: the magic is missing");
  }
  const int version = std::to_integer<int>(start[kMagic.size()]);
  if (version < 1 || version > 3 || start[kMagic.size() + 1] != std::byte{0}) {
    return FormatError(name, kMagic.size(), "npy version: only 1.0, 2.0 and 3.0 are read");
  }
  ASSIGN_OR_RETURN(const auto length, reader.Take(version == 1 ? 2 : 4, "npy header length"));
  const std::size_t header_bytes = version == 1 ? std::size_t{LoadLittle<std::uint16_t>(length, 0)}
                                                : LoadLittle<std::uint32_t>(length, 0);
  if (header_bytes > kMaxNpyHeaderBytes) {
    return FormatError(
        name, kMagic.size() + 2,
        absl::StrCat("npy header of ", header_bytes, " bytes; the limit is ", kMaxNpyHeaderBytes));
  }
  ASSIGN_OR_RETURN(const auto header, reader.Take(header_bytes, "npy header"));
  return absl::string_view(reinterpret_cast<const char*>(header.data()), header.size());
}

}  // namespace

std::string NpyArray::dtype() const {
  return absl::StrCat(absl::string_view(&kind, 1),
                      kind == 'U' ? item_bytes / kCharacterBytes : item_bytes);
}

absl::StatusOr<NpyArray> ParseNpy(std::span<const std::byte> bytes, absl::string_view name) {
  ByteReader reader(bytes, name);
  ASSIGN_OR_RETURN(const absl::string_view header, TakeHeader(reader, name));
  HeaderParser parser(header);
  if (!parser.Parse()) {
    return reader.Error(
        "the npy header before this is not {'descr': '..', 'fortran_order': .., "
        "'shape': (..)}");
  }
  if (parser.fortran_order()) {
    return reader.Error("Fortran order is not read: save numpy.ascontiguousarray(array)");
  }
  NpyArray array;
  if (!ParseDescr(parser.descr(), array)) {
    return reader.Error(absl::StrCat(
        "dtype '", parser.descr(),
        "': only little-endian integers, float32, float64 and texts (<U, |S) are read"));
  }
  array.shape = parser.shape();
  ASSIGN_OR_RETURN(const std::uint64_t value_bytes,
                   ArrayBytes(array.shape, array.item_bytes, name));
  ASSIGN_OR_RETURN(array.values, reader.Take(value_bytes, "npy values"));
  RETURN_IF_ERROR(reader.ExpectEnd());
  return array;
}

absl::Status CheckColumn(const NpyArray& array, absl::string_view name) {
  const auto& shape = array.shape;
  if (shape.size() == 1 || (shape.size() == 2 && shape[1] == 1)) return absl::OkStatus();
  return absl::DataLossError(absl::StrCat(name, ": must have one axis, or a second of extent 1"));
}

absl::StatusOr<std::string> Float32NpyHeader(std::span<const std::uint64_t> shape) {
  if (shape.size() > kMaxAxes) {
    return absl::DataLossError(absl::StrCat(shape.size(), " axes: must be at most ", kMaxAxes));
  }
  RETURN_IF_ERROR(ArrayBytes(shape, sizeof(float), "npy").status());
  std::string text = absl::StrCat("{'descr': '<f4', 'fortran_order': False, 'shape': (",
                                  absl::StrJoin(shape, ", "), shape.size() == 1 ? ",), }" : "), }");
  // The values begin at a multiple of 64 bytes.
  constexpr std::size_t kAlignment = 64;
  const std::size_t before = kMagic.size() + 2 + sizeof(std::uint16_t);
  text.resize((before + text.size() + kAlignment) / kAlignment * kAlignment - before, ' ');
  text.back() = '\n';
  const auto length = static_cast<std::uint16_t>(text.size());
  return absl::StrCat(kMagic, absl::string_view("\x01\x00", 2),
                      absl::string_view(reinterpret_cast<const char*>(&length), sizeof(length)),
                      text);
}

}  // namespace fedround::data
