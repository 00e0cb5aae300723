// HPACK (RFC 7541), as little of it as finding one header takes.
//
// A whole decoder keeps a table that every field may change and later fields refer to: memory that
// the peer controls. For our question, "what value does the header of this name have, spelt out in
// the first block of a connection?", no table is needed. Fields are walked one by one, those that
// refer to a table are skipped (all that one could refer to are earlier fields of this same block
// and the standard's own), and only a name spelt out literally can match. Bound: one pass, no
// memory beyond the name and the value at hand.
#include "coordinator/rpc/listener/http2/header_block.h"

#include <cstddef>
#include <cstdint>

#include "common/base/status_macros.h"

namespace fedround::coordinator {
namespace {

// No length or index in a block that we read is longer.
constexpr int kMaxIntegerBytes = 4;

// The Huffman code of printable ASCII (RFC 7541, Appendix B). Codes of one length follow each other
// in the order of their symbols.
struct CodeLength {
  int bits;
  std::uint32_t first;
  absl::string_view symbols;
};
constexpr CodeLength kCode[] = {
    {5, 0x0, "012aceiost"},
    {6, 0x14, " %-./3456789=A_bdfghlmnpru"},
    {7, 0x5c, ":BCDEFGHIJKLMNOPQRSTUVWYjkqvwxyz"},
    {8, 0xf8, "&*,;XZ"},
    {10, 0x3f8, "!\"()?"},
    {11, 0x7fa, "'+|"},
    {12, 0xffa, "#>"},
    {13, 0x1ff9, "$@[]~"},
    {14, 0x3ffc, "^}"},
    {15, 0x7ffc, "<`{"},
    {19, 0x7fff0, "\\"},
};
constexpr int kLongestCode = 19;
constexpr int kMaxPadding = 7;  // bits, all ones

absl::Status Malformed(absl::string_view what) { return absl::InvalidArgumentError(what); }

// The symbol with this code; 0 if there is none of that length.
char Symbol(int bits, std::uint32_t code) {
  for (const CodeLength& length : kCode) {
    if (length.bits != bits) continue;
    const std::uint32_t index = code - length.first;  // wraps below the first
    return index < length.symbols.size() ? length.symbols[index] : '\0';
  }
  return '\0';
}

absl::StatusOr<std::string> Unpack(absl::string_view packed) {
  std::string text;
  std::uint32_t code = 0;
  int bits = 0;
  for (const char byte : packed) {
    for (int shift = 7; shift >= 0; --shift) {
      code = code << 1 | (static_cast<unsigned char>(byte) >> shift & 1U);
      if (++bits > kLongestCode) return Malformed("a header that is not printable ASCII");
      const char symbol = Symbol(bits, code);
      if (symbol == '\0') continue;
      text.push_back(symbol);
      code = 0;
      bits = 0;
    }
  }
  if (bits > kMaxPadding || code != (1U << bits) - 1) return Malformed("a header ends in a symbol");
  return text;
}

// A string as it is encoded in a block.
struct Literal {
  bool packed = false;
  absl::string_view bytes;

  absl::StatusOr<std::string> Text() const {
    if (packed) return Unpack(bytes);
    return std::string(bytes);
  }
};

class Reader {
 public:
  explicit Reader(absl::string_view block) : rest_(block) {}

  bool AtEnd() const { return rest_.empty(); }
  unsigned Peek() const { return static_cast<unsigned char>(rest_[0]); }

  // An integer whose first byte shares its upper bits with something else.
  absl::StatusOr<std::uint64_t> Integer(int prefix_bits) {
    if (rest_.empty()) return Malformed("a header block is cut off");
    const unsigned mask = (1U << prefix_bits) - 1;
    std::uint64_t value = Take() & mask;
    if (value < mask) return value;
    for (int i = 0; i < kMaxIntegerBytes; ++i) {
      if (rest_.empty()) return Malformed("a header block is cut off");
      const unsigned byte = Take();
      value += std::uint64_t{byte & 0x7f} << (7 * i);
      if ((byte & 0x80) == 0) return value;
    }
    return Malformed("a number in a header block is too large");
  }

  absl::StatusOr<Literal> String() {
    const bool packed = !rest_.empty() && (Peek() & 0x80) != 0;
    ASSIGN_OR_RETURN(const std::uint64_t size, Integer(7));
    if (size > rest_.size()) return Malformed("a header block is cut off");
    const Literal literal{packed, rest_.substr(0, size)};
    rest_.remove_prefix(size);
    return literal;
  }

 private:
  unsigned Take() {
    const unsigned byte = Peek();
    rest_.remove_prefix(1);
    return byte;
  }

  absl::string_view rest_;
};

// The kinds of field, by their first bits, and the width of the index that follows these.
constexpr unsigned kIndexed = 0x80;       // name and value are those of an entry
constexpr unsigned kWithIndexing = 0x40;  // becomes an entry
constexpr unsigned kTableSize = 0x20;     // not a field but a new size of the table of entries
constexpr int kIndexedBits = 7;
constexpr int kWithIndexingBits = 6;
constexpr int kTableSizeBits = 5;
constexpr int kWithoutIndexingBits = 4;

// Takes the next field. Returns its value if it has that name, spelt out: everything that a field
// can refer to was an earlier field of this block or is in the static table.
absl::StatusOr<std::optional<std::string>> TakeField(Reader& reader, absl::string_view name) {
  const unsigned kind = reader.Peek();
  if ((kind & kIndexed) != 0) {
    RETURN_IF_ERROR(reader.Integer(kIndexedBits).status());
    return std::nullopt;
  }
  if ((kind & kWithIndexing) == 0 && (kind & kTableSize) != 0) {
    RETURN_IF_ERROR(reader.Integer(kTableSizeBits).status());
    return std::nullopt;
  }
  const bool becomes_entry = (kind & kWithIndexing) != 0;
  ASSIGN_OR_RETURN(const std::uint64_t index,
                   reader.Integer(becomes_entry ? kWithIndexingBits : kWithoutIndexingBits));
  bool found = false;
  if (index == 0) {
    ASSIGN_OR_RETURN(const Literal spelt, reader.String());
    const absl::StatusOr<std::string> text = spelt.Text();
    found = text.ok() && *text == name;
  }
  ASSIGN_OR_RETURN(const Literal value, reader.String());
  if (!found) return std::nullopt;
  return value.Text();
}

}  // namespace

absl::StatusOr<std::optional<std::string>> FindHeader(absl::string_view block,
                                                      absl::string_view name) {
  Reader reader(block);
  while (!reader.AtEnd()) {
    ASSIGN_OR_RETURN(std::optional<std::string> value, TakeField(reader, name));
    if (value.has_value()) return value;
  }
  return std::nullopt;
}

}  // namespace fedround::coordinator
