#include "common/data/datasets/npz_clients.h"

#include <algorithm>
#include <numeric>
#include <unordered_map>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "common/data/client_names.h"
#include "common/data/formats/npy.h"
#include "common/data/limits.h"

namespace fedround::data {
namespace {

template <typename Id>
struct Numbered {
  std::vector<std::uint32_t> of_rows;
  std::vector<Id> distinct;  // ascending; of_rows are positions in it
};

// `id_at(row)` returns the id of a row, or what is wrong with it.
template <typename Id, typename IdAt>
absl::StatusOr<Numbered<Id>> Number(std::size_t rows, const IdAt& id_at) {
  Numbered<Id> ids;
  ids.of_rows.resize(rows);
  std::unordered_map<Id, std::uint32_t> seen;
  for (std::size_t row = 0; row < rows; ++row) {
    ASSIGN_OR_RETURN(Id id, id_at(row));
    const auto [found, is_new] = seen.try_emplace(id, static_cast<std::uint32_t>(seen.size()));
    if (is_new) ids.distinct.push_back(std::move(id));
    ids.of_rows[row] = found->second;
  }
  std::vector<std::uint32_t> order(ids.distinct.size());
  std::iota(order.begin(), order.end(), 0U);
  std::ranges::sort(order, {}, [&](std::uint32_t i) -> const Id& { return ids.distinct[i]; });
  std::vector<std::uint32_t> number(order.size());
  for (std::uint32_t i = 0; i < order.size(); ++i) number[order[i]] = i;
  for (std::uint32_t& client : ids.of_rows) client = number[client];
  std::ranges::sort(ids.distinct);
  return ids;
}

template <typename Integer>
absl::StatusOr<NaturalClients> NumberIntegers(const NpyArray& array) {
  const auto id_at = [&array](std::size_t row) -> absl::StatusOr<Integer> {
    return ItemAt<Integer>(array, row);
  };
  ASSIGN_OR_RETURN(Numbered<Integer> ids, Number<Integer>(array.size(), id_at));
  NaturalClients clients{.of_rows = std::move(ids.of_rows), .names = ""};
  // They are distinct and ascending: if both ends are right, they are 0, 1, 2, ... without gaps.
  const std::vector<Integer>& distinct = ids.distinct;
  if (distinct.front() == 0 && std::cmp_equal(distinct.back(), distinct.size() - 1)) return clients;
  std::vector<std::string> names;
  for (const Integer id : distinct) names.push_back(absl::StrCat(id));
  clients.names = PackNames(names);
  return clients;
}

// False if UTF-8 has no such code point.
bool AppendCodePoint(std::uint32_t c, std::string& text) {
  const auto tail = [c](int shift) { return static_cast<char>(0x80 | ((c >> shift) & 0x3f)); };
  if (c < 0x80) {
    text += static_cast<char>(c);
  } else if (c < 0x800) {
    text += {static_cast<char>(0xc0 | (c >> 6)), tail(0)};
  } else if (c < 0x10000) {
    text += {static_cast<char>(0xe0 | (c >> 12)), tail(6), tail(0)};
  } else {
    text += {static_cast<char>(0xf0 | (c >> 18)), tail(12), tail(6), tail(0)};
  }
  return c <= 0x10ffff && (c < 0xd800 || c > 0xdfff);
}

// Item `i` of texts, which are padded with NULs. Characters are code points ('U') or ASCII ('S').
template <typename Character>
absl::StatusOr<std::string> TextAt(const NpyArray& array, std::size_t i, absl::string_view name) {
  const auto wrong = [&](absl::string_view what) {
    return absl::DataLossError(absl::StrCat(name, ": row ", i, ": ", what));
  };
  const std::size_t longest = array.item_bytes / sizeof(Character);
  std::string text;
  std::size_t padding = 0;
  for (std::size_t k = 0; k < longest; ++k) {
    const auto c = ItemAt<Character>(array, i * longest + k);
    if (c == 0) {
      ++padding;
      continue;
    }
    if (padding > 0) return wrong("a client id with NUL in it");
    if (sizeof(Character) == 1 && c >= 0x80) {
      return wrong("a client id of bytes that are not ASCII: save texts (dtype U)");
    }
    if (!AppendCodePoint(c, text)) return wrong("a client id that is not valid Unicode");
    if (text.size() > kMaxClientNameBytes) {
      return wrong(absl::StrCat("a client id of more than ", kMaxClientNameBytes, " bytes"));
    }
  }
  return text;
}

template <typename Character>
absl::StatusOr<NaturalClients> NumberTexts(const NpyArray& array, absl::string_view name) {
  const auto id_at = [&](std::size_t row) { return TextAt<Character>(array, row, name); };
  ASSIGN_OR_RETURN(Numbered<std::string> ids, Number<std::string>(array.size(), id_at));
  return NaturalClients{.of_rows = std::move(ids.of_rows), .names = PackNames(ids.distinct)};
}

}  // namespace

absl::StatusOr<NaturalClients> DecodeClientIds(std::span<const std::byte> bytes,
                                               absl::string_view name) {
  ASSIGN_OR_RETURN(const NpyArray array, ParseNpy(bytes, name));
  absl::StatusOr<NaturalClients> clients = absl::DataLossError(
      absl::StrCat(name, ": ", array.Description(),
                   ": client ids must be integers or texts; save client_id.astype(",
                   array.kind == 'f' ? "\"int64\")" : "str)"));
  if (array.kind == 0 || array.kind == 'f') return clients;
  RETURN_IF_ERROR(CheckColumn(array, name));
  if (array.has_zero_extent()) {
    return absl::DataLossError(
        absl::StrCat(name, ": ", array.Description(), ": each training example needs a client id"));
  }
  if (array.kind == 'U') return NumberTexts<std::uint32_t>(array, name);
  if (array.kind == 'S') return NumberTexts<std::uint8_t>(array, name);
  VisitIntegerType(array, [&](auto zero) { clients = NumberIntegers<decltype(zero)>(array); });
  return clients;
}

}  // namespace fedround::data
