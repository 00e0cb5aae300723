// Any data, as NumPy saves it: np.savez("data.npz", x_train=, y_train=, x_test=, y_test=[,
// client_id=]).
//
// x is [examples, ...], uint8 (images: 0 .. 255 stand for 0 .. 1), float32 or float64 (kept as
// float32): [examples, height, width] and, in the order of data.layout, the same with channels are
// images, anything else is flattened from axis 1; y is integers, client_id integers or texts, both
// [examples] or [examples, 1].
#include "common/data/datasets/npz.h"

#include <cmath>
#include <cstring>
#include <limits>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "common/base/file.h"
#include "common/base/status_macros.h"
#include "common/data/datasets/npz_clients.h"
#include "common/data/datasets/table.h"
#include "common/data/formats/npy.h"
#include "common/data/formats/zip.h"
#include "common/data/limits.h"

namespace fedround::data {
namespace {

// Below 2^32, or refused with the row.
template <typename T>
absl::StatusOr<std::vector<std::uint32_t>> ToLabels(const NpyArray& array, absl::string_view name) {
  std::vector<std::uint32_t> labels(array.size());
  for (std::size_t i = 0; i < labels.size(); ++i) {
    const T item = ItemAt<T>(array, i);
    if (!std::in_range<std::uint32_t>(item)) {
      return absl::DataLossError(
          absl::StrCat(name, ": row ", i, ": ", std::int64_t(item), ": must be in [0, 2^32)"));
    }
    labels[i] = static_cast<std::uint32_t>(item);
  }
  return labels;
}

absl::StatusOr<std::vector<std::uint32_t>> DecodeLabels(std::span<const std::byte> bytes,
                                                        absl::string_view name) {
  ASSIGN_OR_RETURN(const NpyArray array, ParseNpy(bytes, name));
  RETURN_IF_ERROR(CheckColumn(array, name));
  absl::StatusOr<std::vector<std::uint32_t>> labels =
      absl::DataLossError(absl::StrCat(name, ": dtype ", array.dtype(), ": must be integers"));
  VisitIntegerType(array, [&](auto zero) { labels = ToLabels<decltype(zero)>(array, name); });
  return labels;
}

AlignedBuffer<std::byte> Copied(std::span<const std::byte> values) {
  AlignedBuffer<std::byte> copy(values.size());
  std::memcpy(copy.data(), values.data(), values.size());
  return copy;
}

AlignedBuffer<std::byte> Narrowed(const NpyArray& doubles) {
  AlignedBuffer<std::byte> values(doubles.size() * sizeof(float));
  for (std::size_t i = 0; i < doubles.size(); ++i) {
    const double wide = ItemAt<double>(doubles, i);
    // What float32 cannot hold becomes infinite, and is refused with its row like any infinity.
    const bool fits = std::fabs(wide) <= std::numeric_limits<float>::max();
    const float value = fits ? static_cast<float>(wide) : std::numeric_limits<float>::infinity();
    std::memcpy(values.data() + i * sizeof(float), &value, sizeof(value));
  }
  return values;
}

struct Inputs {
  ValueType type = ValueType::kUint8;
  ExampleAxes axes;
  AlignedBuffer<std::byte> values;  // channels last
};

absl::StatusOr<Inputs> DecodeInputs(std::span<const std::byte> bytes, ImageLayout layout,
                                    absl::string_view name) {
  ASSIGN_OR_RETURN(const NpyArray array, ParseNpy(bytes, name));
  if (array.shape.size() < 2) {
    return absl::DataLossError(absl::StrCat(name, ": must have two axes or more"));
  }
  const std::string dtype = array.dtype();
  if (dtype != "u1" && dtype != "f4" && dtype != "f8") {
    return absl::DataLossError(
        absl::StrCat(name, ": dtype ", dtype, ": must be uint8, float32 or float64"));
  }
  Inputs decoded;
  decoded.type = dtype == "u1" ? ValueType::kUint8 : ValueType::kFloat32;
  ASSIGN_OR_RETURN(decoded.axes, FindAxes(array.shape, layout, name));
  decoded.values = dtype == "f8" ? Narrowed(array) : Copied(array.values);
  if (decoded.axes.layout == ImageLayout::kNchw) {
    PutChannelsLast(decoded.values.span(), decoded.axes.shape, ValueBytes(decoded.type));
  }
  return decoded;
}

absl::StatusOr<std::vector<std::string>> Sources(const PlugIn& options) {
  const std::string& path = options.Text("path");
  if (!FileExists(path)) return absl::NotFoundError(absl::StrCat(path, ": no such file"));
  return std::vector<std::string>{path};
}

absl::StatusOr<Decoded> Decode(const DecodeRequest& request) {
  const std::string& path = request.sources[0];
  ASSIGN_OR_RETURN(const std::string contents, ReadFile(path, kMaxBytes));
  return DecodeNpz(std::as_bytes(std::span(contents.data(), contents.size())), path,
                   request.layout);
}

}  // namespace

absl::StatusOr<Decoded> DecodeNpz(std::span<const std::byte> bytes, absl::string_view name,
                                  ImageLayout layout) {
  ASSIGN_OR_RETURN(const ZipArchive archive, ZipArchive::Open(bytes, name));
  const auto decode = [&](const std::string& array, auto decoder) -> decltype(decoder({}, "")) {
    const std::string member = array + ".npy";
    ASSIGN_OR_RETURN(const auto contents, archive.Read(member));
    return decoder(contents.span(), absl::StrCat(name, "(", member, ")"));
  };
  const auto decode_inputs = [layout](std::span<const std::byte> array, absl::string_view member) {
    return DecodeInputs(array, layout, member);
  };
  ASSIGN_OR_RETURN(Inputs train, decode("x_train", decode_inputs));
  ASSIGN_OR_RETURN(Inputs test, decode("x_test", decode_inputs));
  if (train.type != test.type || train.axes != test.axes) {
    return absl::DataLossError(
        absl::StrCat(name, ": x_train and x_test must have examples of the same dtype and shape"));
  }
  Decoded decoded;
  decoded.type = train.type;
  decoded.shape = train.axes.shape;
  decoded.layout = train.axes.layout;
  decoded.train.values = std::move(train.values);
  decoded.test.values = std::move(test.values);
  ASSIGN_OR_RETURN(decoded.train.labels, decode("y_train", DecodeLabels));
  ASSIGN_OR_RETURN(decoded.test.labels, decode("y_test", DecodeLabels));
  if (archive.Contains("client_id.npy")) {
    ASSIGN_OR_RETURN(NaturalClients clients, decode("client_id", DecodeClientIds));
    decoded.natural_clients = std::move(clients.of_rows);
    decoded.client_names = std::move(clients.names);
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
