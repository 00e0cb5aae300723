// Any data, as NumPy saves it: np.savez("data.npz", x_train=, y_train=, x_test=, y_test=[,
// client_id=]).
//
// x is [examples, ...], uint8 (images: 0 .. 255 stand for 0 .. 1), float32 or float64 (kept as
// float32): [examples, height, width] and [examples, height, width, channels] are images, anything
// else is flattened from axis 1; y and client_id are integers, [examples] or [examples, 1].
#include "common/data/datasets/npz.h"

#include <cmath>
#include <cstring>
#include <limits>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "common/base/file.h"
#include "common/base/status_macros.h"
#include "common/data/datasets/table.h"
#include "common/data/formats/npy.h"
#include "common/data/formats/zip.h"
#include "common/data/limits.h"

namespace fedround::data {
namespace {

template <typename T>
T ItemAt(const NpyArray& array, std::size_t i) {
  T item;
  std::memcpy(&item, array.values.subspan(i * sizeof(T), sizeof(T)).data(), sizeof(T));
  return item;
}

// Below 2^32, or refused with the row.
template <typename T>
absl::StatusOr<std::vector<std::uint32_t>> ToIds(const NpyArray& array, absl::string_view name) {
  std::vector<std::uint32_t> ids(array.values.size() / sizeof(T));
  for (std::size_t i = 0; i < ids.size(); ++i) {
    const T item = ItemAt<T>(array, i);
    if (!std::in_range<std::uint32_t>(item)) {
      return absl::DataLossError(
          absl::StrCat(name, ": row ", i, ": ", std::int64_t(item), ": must be in [0, 2^32)"));
    }
    ids[i] = static_cast<std::uint32_t>(item);
  }
  return ids;
}

absl::StatusOr<std::vector<std::uint32_t>> DecodeIds(std::span<const std::byte> bytes,
                                                     absl::string_view name) {
  ASSIGN_OR_RETURN(const NpyArray array, ParseNpy(bytes, name));
  const auto& shape = array.shape;
  if (shape.size() != 1 && !(shape.size() == 2 && shape[1] == 1)) {
    return absl::DataLossError(absl::StrCat(name, ": must have one axis, or a second of extent 1"));
  }
  const std::string dtype = array.dtype();
  if (dtype == "u1") return ToIds<std::uint8_t>(array, name);
  if (dtype == "u2") return ToIds<std::uint16_t>(array, name);
  if (dtype == "u4") return ToIds<std::uint32_t>(array, name);
  if (dtype == "u8") return ToIds<std::uint64_t>(array, name);
  if (dtype == "i1") return ToIds<std::int8_t>(array, name);
  if (dtype == "i2") return ToIds<std::int16_t>(array, name);
  if (dtype == "i4") return ToIds<std::int32_t>(array, name);
  if (dtype == "i8") return ToIds<std::int64_t>(array, name);
  return absl::DataLossError(absl::StrCat(name, ": dtype ", dtype, ": must be integers"));
}

struct Inputs {
  ValueType type = ValueType::kUint8;
  FeatureShape shape;  // of an example
  AlignedBuffer<std::byte> values;
};

absl::StatusOr<Inputs> DecodeInputs(std::span<const std::byte> bytes, absl::string_view name) {
  ASSIGN_OR_RETURN(const NpyArray array, ParseNpy(bytes, name));
  if (array.shape.size() < 2) {
    return absl::DataLossError(absl::StrCat(name, ": must have two axes or more"));
  }
  const std::size_t count = array.values.size() / array.item_bytes;
  Inputs decoded;
  decoded.shape = ExampleShape(array.shape);
  const std::string dtype = array.dtype();
  if (dtype == "u1" || dtype == "f4") {
    decoded.type = dtype == "u1" ? ValueType::kUint8 : ValueType::kFloat32;
    decoded.values = AlignedBuffer<std::byte>(array.values.size());
    std::memcpy(decoded.values.data(), array.values.data(), array.values.size());
    return decoded;
  }
  if (dtype != "f8") {
    return absl::DataLossError(
        absl::StrCat(name, ": dtype ", dtype, ": must be uint8, float32 or float64"));
  }
  decoded.type = ValueType::kFloat32;
  decoded.values = AlignedBuffer<std::byte>(count * sizeof(float));
  for (std::size_t i = 0; i < count; ++i) {
    const double wide = ItemAt<double>(array, i);
    // What float32 cannot hold becomes infinite, and is refused with its row like any infinity.
    const bool fits = std::fabs(wide) <= std::numeric_limits<float>::max();
    const float value = fits ? static_cast<float>(wide) : std::numeric_limits<float>::infinity();
    std::memcpy(decoded.values.data() + i * sizeof(float), &value, sizeof(value));
  }
  return decoded;
}

absl::StatusOr<std::vector<std::string>> Sources(const PlugIn& options) {
  const std::string& path = options.Text("path");
  if (!FileExists(path)) return absl::NotFoundError(absl::StrCat(path, ": no such file"));
  return std::vector<std::string>{path};
}

absl::StatusOr<Decoded> Decode(const PlugIn& /*options*/, const std::vector<std::string>& sources,
                               std::uint64_t /*seed*/) {
  ASSIGN_OR_RETURN(const std::string contents, ReadFile(sources[0], kMaxBytes));
  return DecodeNpz(std::as_bytes(std::span(contents.data(), contents.size())), sources[0]);
}

}  // namespace

absl::StatusOr<Decoded> DecodeNpz(std::span<const std::byte> bytes, absl::string_view name) {
  ASSIGN_OR_RETURN(const ZipArchive archive, ZipArchive::Open(bytes, name));
  const auto decode = [&](const std::string& array, auto decoder) -> decltype(decoder({}, "")) {
    const std::string member = array + ".npy";
    ASSIGN_OR_RETURN(const auto contents, archive.Read(member));
    return decoder(contents.span(), absl::StrCat(name, "(", member, ")"));
  };
  ASSIGN_OR_RETURN(Inputs train, decode("x_train", DecodeInputs));
  ASSIGN_OR_RETURN(Inputs test, decode("x_test", DecodeInputs));
  if (train.type != test.type || train.shape != test.shape) {
    return absl::DataLossError(
        absl::StrCat(name, ": x_train and x_test must have examples of the same dtype and shape"));
  }
  Decoded decoded;
  decoded.type = train.type;
  decoded.shape = train.shape;
  decoded.train.values = std::move(train.values);
  decoded.test.values = std::move(test.values);
  ASSIGN_OR_RETURN(decoded.train.labels, decode("y_train", DecodeIds));
  ASSIGN_OR_RETURN(decoded.test.labels, decode("y_test", DecodeIds));
  if (archive.Contains("client_id.npy")) {
    ASSIGN_OR_RETURN(decoded.natural_clients, decode("client_id", DecodeIds));
  }
  decoded.classes = CountClasses(decoded.train.labels);
  return decoded;
}

DatasetEntry NpzEntry() {
  static const auto& options = *new std::vector<OptionSpec>{
      {.name = "path",
       .default_value = std::string(),
       .help = "the .npz file, with x_train, y_train, x_test, y_test and perhaps client_id",
       .required = true}};
  return {{"npz", "arrays saved by NumPy", "numpy.lib.format", options}, Sources, Decode};
}

}  // namespace fedround::data
