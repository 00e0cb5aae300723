#include "common/config/schema/tables.h"

#include <algorithm>
#include <iterator>

#include "common/algorithm/algorithm.h"
#include "common/base/check.h"
#include "common/codec/codec.h"
#include "common/data/dataset.h"
#include "common/nn/network.h"
#include "common/stage/stage.h"

namespace fedround::config {
namespace {

constexpr TableInfo kTables[] = {
    {"activation", "activations", "model.activation", nn::Activations},
    {"initialiser", "initialisers", "model.initialiser", nn::Initialisers},
    {"layer", "layers", "model.layer", nn::Layers},
    {"dataset", "datasets", "data.name", data::Datasets},
    {"partition", "partitions", "data.partition", data::Partitions},
    {"algorithm", "algorithms", "federation.algorithm", algorithm::Algorithms},
    {"stage", "stages", "uplink.stages", stage::Stages},
    {"codec", "codecs", "uplink.codec", codec::Codecs},
};

}  // namespace

std::span<const TableInfo> Tables() { return kTables; }

std::span<const PlugInInfo> PlugInTable(absl::string_view table) {
  const auto* const found = std::ranges::find(kTables, table, &TableInfo::name);
  CHECK(found != std::end(kTables));
  return found->infos();
}

}  // namespace fedround::config
