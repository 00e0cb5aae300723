#include "common/algorithm/algorithm.h"

#include <vector>

#include "common/algorithm/entries.h"

namespace fedround::algorithm {

std::span<const PlugInInfo> Algorithms() {
  static const std::vector<PlugInInfo>* const table = new std::vector<PlugInInfo>{
#define FEDROUND_ENTRY(Name) k##Name,
      FEDROUND_ALGORITHMS(FEDROUND_ENTRY)
#undef FEDROUND_ENTRY
  };
  return *table;
}

absl::StatusOr<std::unique_ptr<Algorithm>> MakeAlgorithm(const PlugIn& plug_in,
                                                         std::size_t parameter_count) {
#define FEDROUND_MAKE(Name) \
  if (plug_in.name == k##Name.name) return Make##Name(plug_in, parameter_count);
  FEDROUND_ALGORITHMS(FEDROUND_MAKE)
#undef FEDROUND_MAKE
  std::vector<absl::string_view> known;
  for (const PlugInInfo& info : Algorithms()) known.push_back(info.name);
  return UnknownNameError("algorithm", plug_in.name, known);
}

}  // namespace fedround::algorithm
