// A folder with the four IDX files of MNIST: {train,t10k}-{images-idx3,labels-idx1}-ubyte[.gz].
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/data/decoded.h"

namespace fedround::data {

// The paths of the four files (train images and labels, test images and labels); if a file exists
// in both forms, the uncompressed one. NOT_FOUND names the first missing file.
absl::StatusOr<std::vector<std::string>> FindIdxFiles(const std::string& folder);

// `files` as FindIdxFiles returns them. Images keep their bytes; `layout` says where their channels
// are, if they have any.
absl::StatusOr<Decoded> DecodeIdxFiles(const std::vector<std::string>& files, ImageLayout layout);

}  // namespace fedround::data
