#include "common/data/decode_dataset.h"

#include "common/base/plug_in_table.h"
#include "common/base/status_macros.h"
#include "common/data/datasets/table.h"

namespace fedround::data {

absl::StatusOr<Decoded> DecodeDataset(const PlugIn& name, std::uint64_t seed, ImageLayout layout) {
  ASSIGN_OR_RETURN(const auto resolved,
                   ResolveEntry(kDatasetKey, "data set", name, DatasetTable()));
  ASSIGN_OR_RETURN(const std::vector<std::string> sources,
                   resolved.entry->sources(resolved.options));
  ASSIGN_OR_RETURN(
      Decoded decoded,
      resolved.entry->decode(
          {.options = resolved.options, .sources = sources, .seed = seed, .layout = layout}));
  RETURN_IF_ERROR(CheckShapes(decoded, sources.empty() ? name.name : sources.front()));
  return decoded;
}

}  // namespace fedround::data
