// Fashion-MNIST: 70,000 grey images of clothing, 28 x 28, in ten classes.
#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "common/data/datasets/idx_folder.h"
#include "common/data/datasets/table.h"

namespace fedround::data {
namespace {

constexpr std::size_t kInputs = 28 * 28;
constexpr std::size_t kClasses = 10;

absl::StatusOr<std::vector<std::string>> Sources(const PlugIn& options) {
  absl::StatusOr<std::vector<std::string>> files = FindIdxFiles(options.Text("path"));
  if (files.ok() || !absl::IsNotFound(files.status())) return files;
  return absl::NotFoundError(
      absl::StrCat("Fashion-MNIST is missing: ", files.status().message(),
                   "; install it with `apt-get install dataset-fashion-mnist`, or set ",
                   kDatasetKey, ".path to the folder it is in"));
}

absl::StatusOr<Decoded> Decode(const PlugIn& options, const std::vector<std::string>& files,
                               std::uint64_t /*seed*/) {
  ASSIGN_OR_RETURN(Decoded decoded, DecodeIdxFiles(files));
  if (decoded.inputs != kInputs || decoded.classes != kClasses) {
    return absl::DataLossError(
        absl::StrCat(options.Text("path"), ": images of ", decoded.inputs, " pixels in ",
                     decoded.classes, " classes; Fashion-MNIST has ", kInputs, " and ", kClasses,
                     " (for other images use the data set \"idx\")"));
  }
  return decoded;
}

}  // namespace

DatasetEntry FashionMnistEntry() {
  static const auto& options = *new std::vector<OptionSpec>{
      {.name = "path",
       .default_value = std::string("/usr/share/datasets/fashion-mnist"),
       .help = "folder with its four IDX files, gzipped or not",
       .required = true}};
  return {{"fashion-mnist", "images of clothing: 60000 + 10000, 784 inputs, 10 classes",
           "Xiao et al. 2017, arXiv:1708.07747", options},
          Sources,
          Decode};
}

}  // namespace fedround::data
