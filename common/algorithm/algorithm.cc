#include "common/algorithm/algorithm.h"

#include <vector>

#include "common/algorithm/algorithms/table.h"
#include "common/base/plug_in_table.h"
#include "common/base/status_macros.h"

namespace fedround::algorithm {
namespace {

auto Resolve(const PlugIn& plug_in) {
  return ResolveEntry("federation.algorithm", "algorithm", plug_in, AlgorithmTable());
}

}  // namespace

std::span<const PlugInInfo> Algorithms() {
  static const std::vector<PlugInInfo> kInfos = TableInfos(AlgorithmTable());
  return kInfos;
}

absl::Status CheckAlgorithm(const PlugIn& plug_in, const RoundPlan& plan) {
  ASSIGN_OR_RETURN(const auto resolved, Resolve(plug_in));
  return resolved.entry->check == nullptr ? absl::OkStatus()
                                          : resolved.entry->check(resolved.options, plan);
}

absl::StatusOr<std::unique_ptr<Server>> MakeServer(const PlugIn& plug_in, std::size_t update_size) {
  ASSIGN_OR_RETURN(const auto resolved, Resolve(plug_in));
  return resolved.entry->server(resolved.options, update_size);
}

absl::StatusOr<std::unique_ptr<const Client>> MakeClient(const PlugIn& plug_in) {
  ASSIGN_OR_RETURN(const auto resolved, Resolve(plug_in));
  if (resolved.entry->client == nullptr) return std::make_unique<const Client>();
  return resolved.entry->client(resolved.options);
}

absl::StatusOr<Needs> NeedsOf(const PlugIn& plug_in) {
  ASSIGN_OR_RETURN(const auto resolved, Resolve(plug_in));
  return resolved.entry->needs == nullptr ? Needs{} : resolved.entry->needs(resolved.options);
}

UpdateLayout LayoutOf(const Needs& needs, std::size_t update_size, absl::string_view codec) {
  UpdateLayout layout{.vectors = {{.name = std::string(kUpdateSection),
                                   .elements = update_size,
                                   .codec = std::string(codec),
                                   .weight = needs.update_weight}},
                      .scalars = needs.scalars,
                      .kept = needs.keeps_updates};
  for (const Needs::Up& up : needs.up) {
    layout.vectors.push_back({up.name, update_size, std::string(kFloat32Codec), up.weight});
  }
  return layout;
}

}  // namespace fedround::algorithm
