#include "common/data/datasets/idx_folder.h"

#include <algorithm>
#include <cstring>
#include <span>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "common/base/io/file.h"
#include "common/base/status_macros.h"
#include "common/data/formats/idx.h"
#include "common/data/formats/inflate.h"
#include "common/data/limits.h"

namespace fedround::data {
namespace {

constexpr absl::string_view kFileNames[] = {"train-images-idx3-ubyte", "train-labels-idx1-ubyte",
                                            "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"};

// Calls `use(array)` on the IDX array in the file.
template <typename Use>
absl::Status WithIdxArray(const std::string& path, Use use) {
  ASSIGN_OR_RETURN(const std::string contents, ReadFile(path, kMaxBytes));
  std::span<const std::byte> bytes = std::as_bytes(std::span(contents.data(), contents.size()));
  AlignedBuffer<std::byte> inflated;
  if (LooksGzipped(bytes)) {
    ASSIGN_OR_RETURN(inflated, Gunzip(bytes, path));
    bytes = inflated.span();
  }
  ASSIGN_OR_RETURN(const IdxArray array, ParseIdx(bytes, path));
  return use(array);
}

absl::StatusOr<ExampleAxes> DecodeImages(const std::string& path, ImageLayout layout,
                                         DecodedSplit& split) {
  ExampleAxes axes;
  RETURN_IF_ERROR(WithIdxArray(path, [&](const IdxArray& images) -> absl::Status {
    if (images.shape.size() < 2) {
      return absl::DataLossError(absl::StrCat(path, ": one axis only: these are not images"));
    }
    ASSIGN_OR_RETURN(axes, FindAxes(images.shape, layout, path));
    split.values = AlignedBuffer<std::byte>(images.values.size());
    std::memcpy(split.values.data(), images.values.data(), images.values.size());
    if (axes.layout == ImageLayout::kNchw) PutChannelsLast(split.values.span(), axes.shape, 1);
    return absl::OkStatus();
  }));
  return axes;
}

absl::Status DecodeLabels(const std::string& path, DecodedSplit& split) {
  return WithIdxArray(path, [&](const IdxArray& labels) -> absl::Status {
    if (labels.shape.size() != 1) {
      return absl::DataLossError(
          absl::StrCat(path, ": ", labels.shape.size(), " axes: labels have one"));
    }
    split.labels.resize(labels.values.size());
    std::transform(labels.values.begin(), labels.values.end(), split.labels.begin(),
                   [](std::byte label) { return std::to_integer<std::uint32_t>(label); });
    return absl::OkStatus();
  });
}

std::string ShapeText(const FeatureShape& shape) {
  return absl::StrCat(shape.height, " x ", shape.width, " pixels",
                      shape.channels == 1 ? "" : absl::StrCat(", ", shape.channels, " channels"));
}

}  // namespace

absl::StatusOr<std::vector<std::string>> FindIdxFiles(const std::string& folder) {
  std::vector<std::string> files;
  for (const absl::string_view name : kFileNames) {
    std::string path = absl::StrCat(folder, "/", name);
    if (!FileExists(path)) path += ".gz";
    if (!FileExists(path)) {
      return absl::NotFoundError(absl::StrCat(folder, ": has no ", name, " or ", name, ".gz"));
    }
    files.push_back(std::move(path));
  }
  return files;
}

absl::StatusOr<Decoded> DecodeIdxFiles(const std::vector<std::string>& files, ImageLayout layout) {
  Decoded decoded;
  decoded.type = ValueType::kUint8;
  ASSIGN_OR_RETURN(const ExampleAxes axes, DecodeImages(files[0], layout, decoded.train));
  decoded.shape = axes.shape;
  decoded.layout = axes.layout;
  RETURN_IF_ERROR(DecodeLabels(files[1], decoded.train));
  ASSIGN_OR_RETURN(const ExampleAxes test_axes, DecodeImages(files[2], layout, decoded.test));
  RETURN_IF_ERROR(DecodeLabels(files[3], decoded.test));
  if (test_axes != axes) {
    return absl::DataLossError(absl::StrCat(files[2], ": images of ", ShapeText(test_axes.shape),
                                            ", but those of ", files[0], " have ",
                                            ShapeText(axes.shape)));
  }
  decoded.classes = CountClasses(decoded.train.labels);
  return decoded;
}

}  // namespace fedround::data
