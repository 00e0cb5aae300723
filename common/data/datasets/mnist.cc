// MNIST: 70,000 grey images of handwritten digits, 28 x 28, in ten classes.
#include "common/base/user_folder.h"
#include "common/data/datasets/mnist_like.h"
#include "common/data/datasets/table.h"

namespace fedround::data {
namespace {

constexpr absl::string_view kTitle = "MNIST";

// Where scripts/setup puts it. Not the option's default: an experiment must read the same for every
// user and on every machine.
std::string Folder(const PlugIn& options) {
  const std::string& path = options.Text("path");
  return path.empty() ? UserFolder("XDG_DATA_HOME", ".local/share").value_or("") + "/mnist" : path;
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
          [](const PlugIn& given) {
            return FindMnistLike(kTitle, "scripts/setup --data mnist", Folder(given));
          },
          [](const PlugIn&, const std::vector<std::string>& files, std::uint64_t) {
            return DecodeMnistLike(kTitle, files);
          }};
}

}  // namespace fedround::data
