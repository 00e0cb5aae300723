#include "common/data/datasets/mnist_like.h"

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "common/data/datasets/idx_folder.h"
#include "common/data/datasets/table.h"

namespace fedround::data {
namespace {

constexpr std::size_t kInputs = 28 * 28;
constexpr std::size_t kClasses = 10;

}  // namespace

absl::StatusOr<std::vector<std::string>> FindMnistLike(absl::string_view title,
                                                       absl::string_view command,
                                                       const std::string& folder) {
  absl::StatusOr<std::vector<std::string>> files = FindIdxFiles(folder);
  if (files.ok() || !absl::IsNotFound(files.status())) return files;
  return absl::NotFoundError(absl::StrCat(title, " is missing: ", files.status().message(),
                                          "; install it with `", command, "`, or set ", kDatasetKey,
                                          ".path to the folder it is in"));
}

absl::StatusOr<Decoded> DecodeMnistLike(absl::string_view title,
                                        const std::vector<std::string>& files) {
  ASSIGN_OR_RETURN(Decoded decoded, DecodeIdxFiles(files, ImageLayout::kAuto));
  if (decoded.inputs() != kInputs || decoded.classes != kClasses) {
    return absl::DataLossError(absl::StrCat(files[0], ": images of ", decoded.inputs(),
                                            " pixels in ", decoded.classes, " classes; ", title,
                                            " has ", kInputs, " and ", kClasses,
                                            " (for other images use the data set \"idx\")"));
  }
  return decoded;
}

}  // namespace fedround::data
