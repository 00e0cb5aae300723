// MNIST: 70,000 grey images of handwritten digits, 28 x 28, in ten classes.
#include <optional>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "common/base/io/user_folder.h"
#include "common/data/datasets/mnist_like.h"
#include "common/data/datasets/table.h"

namespace fedround::data {
namespace {

constexpr absl::string_view kTitle = "MNIST";

constexpr absl::string_view kCommand = "scripts/setup --data mnist";

// Without a path, it is looked for where scripts/setup puts it. That is not the option's default,
// because an experiment must read the same for every user and on every machine.
absl::StatusOr<std::vector<std::string>> Sources(const PlugIn& options) {
  const std::string& path = options.Text("path");
  if (!path.empty()) return FindMnistLike(kTitle, kCommand, path);
  const std::optional<std::string> data = UserFolder("XDG_DATA_HOME", ".local/share");
  if (data.has_value()) return FindMnistLike(kTitle, kCommand, *data + "/mnist");
  return absl::NotFoundError(absl::StrCat(
      kTitle, " cannot be found: neither XDG_DATA_HOME nor HOME names the folder where `", kCommand,
      "` puts it; set one, or ", kDatasetKey, ".path to the folder it is in"));
}

}  // namespace

DatasetEntry MnistEntry() {
  static const auto& options = *new std::vector<OptionSpec>{
      {.name = "path",
       .default_value = std::string(),
       .help = "folder with its four IDX files, gzipped or not; empty: where `scripts/setup --data "
               "mnist` puts them"}};
  return {{"mnist", "handwritten digits: 60000 + 10000, 784 inputs, 10 classes",
           "LeCun et al. 1998, Gradient-based learning applied to document recognition", options},
          Sources,
          [](const DecodeRequest& request) { return DecodeMnistLike(kTitle, request.sources); }};
}

}  // namespace fedround::data
