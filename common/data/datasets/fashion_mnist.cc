// Fashion-MNIST: 70,000 grey images of clothing, 28 x 28, in ten classes.
#include "common/data/datasets/mnist_like.h"
#include "common/data/datasets/table.h"

namespace fedround::data {
namespace {

constexpr absl::string_view kTitle = "Fashion-MNIST";

}  // namespace

DatasetEntry FashionMnistEntry() {
  static const auto& options = *new std::vector<OptionSpec>{
      {.name = "path",
       .default_value = std::string("/usr/share/datasets/fashion-mnist"),
       .help = "folder with its four IDX files, gzipped or not",
       .required = true}};
  return {{"fashion-mnist", "images of clothing: 60000 + 10000, 784 inputs, 10 classes",
           "Xiao et al. 2017, arXiv:1708.07747", options},
          [](const PlugIn& given) {
            return FindMnistLike(kTitle, "apt-get install dataset-fashion-mnist",
                                 given.Text("path"));
          },
          [](const DecodeRequest& request) { return DecodeMnistLike(kTitle, request.sources); }};
}

}  // namespace fedround::data
