#include "common/data/decoded.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "common/base/hash.h"
#include "common/base/status_macros.h"
#include "common/data/limits.h"

namespace fedround::data {
namespace {

absl::Status CheckFinite(std::span<const std::byte> values, std::size_t inputs,
                         absl::string_view what) {
  std::vector<float> row(inputs);
  const std::size_t row_bytes = inputs * sizeof(float);
  for (std::size_t i = 0; i < values.size() / row_bytes; ++i) {
    std::memcpy(row.data(), values.subspan(i * row_bytes, row_bytes).data(), row_bytes);
    // No early exit, so that the loop vectorises.
    bool finite = true;
    for (const float x : row) finite &= std::fabs(x) <= std::numeric_limits<float>::max();
    if (!finite) {
      return absl::DataLossError(
          absl::StrCat(what, " row ", i, ": an input is NaN, infinite or too large for float32"));
    }
  }
  return absl::OkStatus();
}

absl::Status CheckSplit(const Decoded& decoded, const DecodedSplit& split, absl::string_view what) {
  const std::size_t examples = split.labels.size();
  const std::size_t row_bytes = decoded.inputs() * ValueBytes(decoded.type);
  if (examples > kMaxExamples) {
    return absl::DataLossError(
        absl::StrCat(what, ": ", examples, " labels: must be at most ", kMaxExamples));
  }
  if (split.values.size() != examples * row_bytes) {
    return absl::DataLossError(absl::StrCat(what, ": ", examples, " labels, but ",
                                            split.values.size() / row_bytes, " examples"));
  }
  for (std::size_t i = 0; i < examples; ++i) {
    if (split.labels[i] >= decoded.classes) {
      return absl::DataLossError(absl::StrCat(what, " row ", i, ": label ", split.labels[i],
                                              ": must be below ", decoded.classes));
    }
  }
  return absl::OkStatus();
}

std::string ArrayLine(absl::string_view name, std::size_t elements,
                      std::span<const std::byte> bytes) {
  return absl::StrFormat("%s %d %s\n", name, elements, Sha256Hex(bytes));
}

}  // namespace

std::size_t CountClasses(std::span<const std::uint32_t> labels) {
  if (labels.empty()) return 0;
  return std::size_t{*std::max_element(labels.begin(), labels.end())} + 1;
}

absl::Status CheckDecoded(const Decoded& decoded, absl::string_view name) {
  RETURN_IF_ERROR(CheckShapes(decoded, name));
  if (decoded.type == ValueType::kUint8) return absl::OkStatus();
  RETURN_IF_ERROR(
      CheckFinite(decoded.train.values.span(), decoded.inputs(), absl::StrCat(name, ": training")));
  return CheckFinite(decoded.test.values.span(), decoded.inputs(), absl::StrCat(name, ": test"));
}

absl::Status CheckShapes(const Decoded& decoded, absl::string_view name) {
  if (decoded.classes < 2 || decoded.classes > kMaxClasses) {
    return absl::DataLossError(
        absl::StrCat(name, ": ", decoded.classes, " classes: must be in [2, ", kMaxClasses, "]"));
  }
  if (decoded.inputs() == 0) return absl::DataLossError(absl::StrCat(name, ": examples are empty"));
  if (decoded.train.labels.empty()) {
    return absl::DataLossError(absl::StrCat(name, ": there are no training examples"));
  }
  RETURN_IF_ERROR(CheckSplit(decoded, decoded.train, absl::StrCat(name, ": training")));
  RETURN_IF_ERROR(CheckSplit(decoded, decoded.test, absl::StrCat(name, ": test")));
  const std::size_t owners = decoded.natural_clients.size();
  if (owners != 0 && owners != decoded.train.labels.size()) {
    return absl::DataLossError(absl::StrCat(name, ": ", owners, " client ids for ",
                                            decoded.train.labels.size(), " training examples"));
  }
  return absl::OkStatus();
}

std::string ContentHash(const Decoded& decoded) {
  const auto split_lines = [](absl::string_view name, const DecodedSplit& split) {
    return absl::StrCat(
        ArrayLine(absl::StrCat(name, ".inputs"), split.labels.size(), split.values.span()),
        ArrayLine(absl::StrCat(name, ".labels"), split.labels.size(),
                  std::as_bytes(std::span(split.labels))));
  };
  // A flat vector's shape is its size.
  const FeatureShape& image = decoded.shape;
  const std::string shape = image.is_flat() ? ""
                                            : absl::StrCat("shape ", image.height, " ", image.width,
                                                           " ", image.channels, "\n");
  return Sha256Hex(absl::StrCat(
      "fedround data 1\n", "type ", decoded.type == ValueType::kUint8 ? "uint8" : "float32", "\n",
      "inputs ", decoded.inputs(), "\n", shape, "classes ", decoded.classes, "\n",
      split_lines("train", decoded.train), split_lines("test", decoded.test),
      ArrayLine("clients", decoded.natural_clients.size(),
                std::as_bytes(std::span(decoded.natural_clients))),
      decoded.client_names.empty()
          ? ""
          : absl::StrCat("names ", Sha256Hex(absl::string_view(decoded.client_names)), "\n")));
}

}  // namespace fedround::data
