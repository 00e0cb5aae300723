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
// The three keys may come in any order, once each. Python 2 may write u'<f4' and (3L, 4L). Each
// Parse function returns false for anything else.
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
    if (key == "descr" && !has_descr_) return has_descr_ = ParseDescr();
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

  // A dtype with fields is a list, which is kept as text.
  bool ParseDescr() {
    SkipSpaces();
    if (!absl::StartsWith(text_, "[")) return ParseQuoted(descr_);
    std::size_t end = 0;
    for (std::size_t depth = 0; end < text_.size(); ++end) {
      if (text_[end] == '[') ++depth;
      if (text_[end] == ']' && --depth == 0) break;
    }
    if (end == text_.size()) return false;
    descr_ = std::string(text_.substr(0, end + 1));
    text_.remove_prefix(end + 1);
    return true;
  }

  bool ParseQuoted(std::string& out) {
    SkipSpaces();
    if (absl::StartsWith(text_, "u'") || absl::StartsWith(text_, "b'")) text_.remove_prefix(1);
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
      if (absl::StartsWith(text_, "L")) text_.remove_prefix(1);
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

// Bytes per item of a supported type; else 0.
std::size_t ItemBytes(char kind, std::size_t count) {
  switch (kind) {
    case 'U':
      return count * kCharacterBytes;
    case 'S':
      return count;
    case 'b':
      return count == 1 ? count : 0;
    case 'f':
      return count == 2 || count == 4 || count == 8 ? count : 0;
    case 'u':
    case 'i':
      return count == 1 || count == 2 || count == 4 || count == 8 ? count : 0;
    default:
      return 0;
  }
}

// Parses "<f4" and the like: byte order, kind, bytes (characters for texts: "<U12"). Leaves the
// array as it is if the dtype is not supported.
void TakeType(absl::string_view descr, NpyArray& array) {
  std::uint32_t count = 0;
  if (descr.size() < 3 || !absl::SimpleAtoi(descr.substr(2), &count) || count == 0) return;
  if (absl::StrContains("<>=", descr[0]) || (descr[0] == '|' && (count == 1 || descr[1] == 'S'))) {
    array.item_bytes = ItemBytes(descr[1], count);
  }
  if (array.item_bytes == 0) return;
  array.kind = descr[1];
  array.big_endian = descr[0] == '>' && array.kind != 'S';
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
  if (kind == 0) return descr;
  return absl::StrCat(absl::string_view(&kind, 1),
                      kind == 'U' ? item_bytes / kCharacterBytes : item_bytes);
}

char NpyArray::NumpyKind() const {
  if (absl::StartsWith(descr, "[")) return 'V';
  return descr.size() < 2 ? '\0' : descr[1];
}

std::string NpyArray::TypeName() const {
  const auto bits = [this] {
    std::uint32_t count = 0;
    return absl::SimpleAtoi(descr.substr(2), &count) ? absl::StrCat(std::uint64_t{count} * 8) : "";
  };
  if (absl::StartsWith(descr, "[")) return absl::StrCat("with fields ", descr);
  switch (NumpyKind()) {
    case 'b':
      return "bool";
    case 'u':
      return absl::StrCat("uint", bits());
    case 'i':
      return absl::StrCat("int", bits());
    case 'f':
      return absl::StrCat("float", bits());
    case 'c':
      return absl::StrCat("complex", bits());
    case 'O':
      return "object";
    default:
      return descr;
  }
}

std::string NpyArray::Description() const {
  return absl::StrCat("dtype ", TypeName(), ", shape (", absl::StrJoin(shape, ", "),
                      shape.size() == 1 ? ",)" : ")");
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
  NpyArray array;
  array.descr = parser.descr();
  array.shape = parser.shape();
  array.fortran_order = parser.fortran_order();
  TakeType(array.descr, array);
  if (array.kind == 0) return array;
  std::uint64_t value_bytes = 0;
  if (!array.has_zero_extent()) {
    ASSIGN_OR_RETURN(value_bytes, ArrayBytes(array.shape, array.item_bytes, name));
  }
  ASSIGN_OR_RETURN(array.values, reader.Take(value_bytes, "npy values"));
  RETURN_IF_ERROR(reader.ExpectEnd());
  return array;
}

absl::Status CheckColumn(const NpyArray& array, absl::string_view name) {
  const auto& shape = array.shape;
  if (shape.size() == 1 || (shape.size() == 2 && shape[1] == 1)) return absl::OkStatus();
  return absl::DataLossError(absl::StrCat(name, ": ", array.Description(),
                                          ": must have one axis, or a second of extent 1"));
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
