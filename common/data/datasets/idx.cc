// Images in MNIST's IDX format, from a folder of the user's.
#include "common/data/datasets/idx_folder.h"
#include "common/data/datasets/table.h"

namespace fedround::data {

DatasetEntry IdxEntry() {
  static const auto& options = *new std::vector<OptionSpec>{
      {.name = "path",
       .default_value = std::string(),
       .help = "folder with {train,t10k}-{images-idx3,labels-idx1}-ubyte, gzipped or not",
       .required = true}};
  return {
      {"idx", "images in the IDX files of MNIST", "http://yann.lecun.com/exdb/mnist/", options},
      [](const PlugIn& given) { return FindIdxFiles(given.Text("path")); },
      [](const DecodeRequest& request) { return DecodeIdxFiles(request.sources, request.layout); }};
}

}  // namespace fedround::data
