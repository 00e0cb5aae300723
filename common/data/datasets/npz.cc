// Any data, as NumPy saves it:
//
//   np.savez("data.npz", x_train=, y_train=[, x_test=, y_test=][, client_id=])
//
//   x          [examples, height, width], or with channels in the order of data.layout: images;
//              any other [examples, ...] is flattened from axis 1.
//              uint8 (0 .. 255 stand for 0 .. 1) or other numbers (kept as float32)
//   y          [examples] or [examples, 1], whole numbers
//   client_id  [examples] or [examples, 1], integers or texts
//
// Without test arrays, or with empty ones, no model is scored.
#include "common/data/datasets/npz.h"

#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "common/base/io/file.h"
#include "common/base/status_macros.h"
#include "common/data/datasets/npz_clients.h"
#include "common/data/datasets/npz_labels.h"
#include "common/data/datasets/table.h"
#include "common/data/formats/npy.h"
#include "common/data/formats/npy_values.h"
#include "common/data/formats/zip.h"
#include "common/data/limits.h"

namespace fedround::data {
namespace {

struct Inputs {
  ValueType type = ValueType::kUint8;
  ExampleAxes axes;
  AlignedBuffer<std::byte> values;  // channels last; none if the array has no items
  std::string description;          // of the array
};

// What to save instead of an array whose dtype is not supported.
absl::string_view Advice(const NpyArray& array) {
  if (array.NumpyKind() == 'V') {
    return "np.lib.recfunctions.structured_to_unstructured(x, dtype=\"float32\")";
  }
  if (array.NumpyKind() == 'c') return "np.concatenate([x.real, x.imag], axis=1)";
  return "x.astype(\"float32\")";
}

absl::StatusOr<Inputs> DecodeInputs(std::span<const std::byte> bytes, ImageLayout layout,
                                    absl::string_view name) {
  ASSIGN_OR_RETURN(const NpyArray array, ParseNpy(bytes, name));
  Inputs decoded;
  decoded.description = array.Description();
  if (array.has_zero_extent()) return decoded;
  const auto wrong = [&](absl::string_view what, absl::string_view advice) {
    return absl::DataLossError(
        absl::StrCat(name, ": ", decoded.description, ": ", what, "; save ", advice));
  };
  if (array.kind == 0 || array.kind == 'U' || array.kind == 'S') {
    return wrong("features must be numbers", Advice(array));
  }
  if (array.shape.size() < 2) {
    return wrong("must have two axes or more, examples and features", "x.reshape(-1, 1)");
  }
  decoded.type = array.dtype() == "u1" ? ValueType::kUint8 : ValueType::kFloat32;
  ASSIGN_OR_RETURN(decoded.axes, FindAxes(array.shape, layout, name));
  decoded.values = AlignedBuffer<std::byte>(array.size() * ValueBytes(decoded.type));
  if (decoded.type == ValueType::kUint8) {
    CopyBytes(array, decoded.values.span());
  } else {
    ConvertToFloat(array, {reinterpret_cast<float*>(decoded.values.data()), array.size()});
  }
  if (decoded.axes.layout == ImageLayout::kNchw) {
    PutChannelsLast(decoded.values.span(), decoded.axes.shape, ValueBytes(decoded.type));
  }
  return decoded;
}

// Examples of both splits must have the same form, if both have any.
absl::Status CheckAlike(const Inputs& train, const Inputs& test, absl::string_view name) {
  if (train.values.empty()) {
    return absl::DataLossError(absl::StrCat(name, "(x_train.npy): ", train.description,
                                            ": there must be at least one training example"));
  }
  if (test.values.empty() || (train.type == test.type && train.axes == test.axes)) {
    return absl::OkStatus();
  }
  return absl::DataLossError(
      absl::StrCat(name, ": x_train is of ", train.description, ", x_test of ", test.description,
                   ": examples must have the same shape, and be uint8 in both or in neither"));
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
  ASSIGN_OR_RETURN(std::vector<std::uint32_t> train_labels, decode("y_train", DecodeLabels));
  Inputs test;
  std::vector<std::uint32_t> test_labels;
  if (archive.Contains("x_test.npy") || archive.Contains("y_test.npy")) {
    ASSIGN_OR_RETURN(test, decode("x_test", decode_inputs));
    ASSIGN_OR_RETURN(test_labels, decode("y_test", DecodeLabels));
  }
  RETURN_IF_ERROR(CheckAlike(train, test, name));
  Decoded decoded;
  decoded.type = train.type;
  decoded.shape = train.axes.shape;
  decoded.layout = train.axes.layout;
  decoded.train.values = std::move(train.values);
  decoded.test.values = std::move(test.values);
  decoded.train.labels = std::move(train_labels);
  decoded.test.labels = std::move(test_labels);
  if (archive.Contains("client_id.npy")) {
    ASSIGN_OR_RETURN(NaturalClients clients, decode("client_id", DecodeClientIds));
    decoded.natural_clients = std::move(clients.of_rows);
    decoded.client_names = std::move(clients.names);
  }
  decoded.classes = CountClasses(decoded.train.labels);
  return decoded;
}

absl::StatusOr<std::vector<NpzArray>> ListNpz(std::span<const std::byte> bytes,
                                              absl::string_view name) {
  ASSIGN_OR_RETURN(const ZipArchive archive, ZipArchive::Open(bytes, name));
  std::vector<NpzArray> arrays;
  for (const std::string& member : archive.names()) {
    absl::string_view array_name = member;
    if (!absl::ConsumeSuffix(&array_name, ".npy")) continue;
    ASSIGN_OR_RETURN(const auto contents, archive.Read(member));
    ASSIGN_OR_RETURN(const NpyArray array,
                     ParseNpy(contents.span(), absl::StrCat(name, "(", member, ")")));
    arrays.push_back({std::string(array_name), array.TypeName(), array.shape});
  }
  return arrays;
}

DatasetEntry NpzEntry() {
  static const auto& options = *new std::vector<OptionSpec>{
      {.name = "path",
       .default_value = std::string(),
       .help = "the .npz file, with x_train, y_train and perhaps x_test, y_test, client_id",
       .required = true}};
  return {{"npz", "arrays saved by NumPy", "numpy.lib.format", options}, Sources, Decode};
}

}  // namespace fedround::data
