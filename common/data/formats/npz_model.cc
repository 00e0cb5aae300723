#include "common/data/formats/npz_model.h"

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "common/base/check.h"
#include "common/base/io/file.h"
#include "common/base/status_macros.h"
#include "common/data/formats/npy.h"
#include "common/data/formats/npy_values.h"
#include "common/data/formats/zip.h"
#include "common/data/formats/zip_writer.h"
#include "common/data/limits.h"

namespace fedround::data {
namespace {

constexpr absl::string_view kSuffix = ".npy";

absl::Status WriteArrays(ZipWriter& archive, std::span<const TensorSpec> specs,
                         std::span<const float> parameters) {
  for (const TensorSpec& spec : specs) {
    const std::vector<std::uint64_t> shape(spec.shape.begin(), spec.shape.end());
    const absl::StatusOr<std::string> header = Float32NpyHeader(shape);
    if (!header.ok()) {
      return absl::InvalidArgumentError(
          absl::StrCat("tensor \"", spec.name, "\": ", header.status().message()));
    }
    CHECK(spec.elements() <= parameters.size());
    const auto values = parameters.first(spec.elements());
    parameters = parameters.subspan(values.size());
    const absl::string_view parts[] = {
        *header, {reinterpret_cast<const char*>(values.data()), values.size_bytes()}};
    RETURN_IF_ERROR(archive.Add(absl::StrCat(spec.name, kSuffix), parts));
  }
  CHECK(parameters.empty());
  return absl::OkStatus();
}

struct Tensor {
  TensorSpec spec;
  AlignedBuffer<std::byte> file;  // the .npy
  NpyArray array;                 // inside it
};

absl::StatusOr<Tensor> ReadTensor(const ZipArchive& archive, const std::string& member,
                                  const std::string& path) {
  const std::string name = absl::StrCat(path, "(", member, ")");
  absl::string_view tensor = member;
  if (!absl::ConsumeSuffix(&tensor, kSuffix) || tensor.empty()) {
    return absl::DataLossError(absl::StrCat(name, ": not a NAME", kSuffix));
  }
  ASSIGN_OR_RETURN(AlignedBuffer<std::byte> file, archive.Read(member));
  ASSIGN_OR_RETURN(NpyArray array, ParseNpy(file.span(), name));
  if (array.dtype() != "f4") {
    return absl::DataLossError(absl::StrCat(name, ": ", array.Description(),
                                            ": must be float32: save array.astype(\"float32\")"));
  }
  if (array.has_zero_extent()) {
    return absl::DataLossError(
        absl::StrCat(name, ": ", array.Description(), ": every extent must be at least 1"));
  }
  const std::vector<std::int64_t> shape(array.shape.begin(), array.shape.end());
  return Tensor{{std::string(tensor), shape}, std::move(file), std::move(array)};
}

}  // namespace

absl::Status WriteNpzModel(const std::string& path, std::span<const TensorSpec> specs,
                           std::span<const float> parameters) {
  ASSIGN_OR_RETURN(ZipWriter archive, ZipWriter::Create(path));
  if (const absl::Status status = WriteArrays(archive, specs, parameters); !status.ok()) {
    return Annotate(path, status);
  }
  return std::move(archive).Finish();
}

absl::StatusOr<NamedParameters> ReadNpzModel(const std::string& path, std::size_t max_parameters) {
  ASSIGN_OR_RETURN(const std::string contents, ReadFile(path, kMaxBytes));
  ASSIGN_OR_RETURN(
      const ZipArchive archive,
      ZipArchive::Open(std::as_bytes(std::span(contents.data(), contents.size())), path));
  std::vector<Tensor> tensors;
  std::size_t count = 0;
  for (const std::string& member : archive.names()) {
    ASSIGN_OR_RETURN(tensors.emplace_back(), ReadTensor(archive, member, path));
    count += tensors.back().array.size();
    if (count > max_parameters) {
      return absl::ResourceExhaustedError(
          absl::StrCat(path, ": more parameters than the limit of ", max_parameters));
    }
  }
  NamedParameters model{.specs = {}, .parameters = FloatBuffer(count)};
  auto out = model.parameters.span();
  for (Tensor& tensor : tensors) {
    ConvertToFloat(tensor.array, out.first(tensor.array.size()));
    out = out.subspan(tensor.array.size());
    model.specs.push_back(std::move(tensor.spec));
  }
  return model;
}

}  // namespace fedround::data
