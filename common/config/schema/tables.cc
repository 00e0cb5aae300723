#include "common/config/schema/tables.h"

#include "common/algorithm/algorithm.h"
#include "common/base/check.h"
#include "common/data/dataset.h"
#include "common/nn/network.h"

namespace fedround::config {

std::span<const PlugInInfo> PlugInTable(absl::string_view table) {
  if (table == "dataset") return data::Datasets();
  if (table == "partition") return data::Partitions();
  if (table == "activation") return nn::Activations();
  if (table == "initialiser") return nn::Initialisers();
  if (table == "layer") return nn::Layers();
  CHECK(table == "algorithm");
  return algorithm::Algorithms();
}

}  // namespace fedround::config
