#include "common/nn/layers/table.h"

#include <algorithm>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "common/base/plug_in_table.h"

namespace fedround::nn {

namespace {

std::string ShapeText(const FeatureShape& shape) {
  if (shape.is_flat()) return absl::StrCat("a flat vector of ", shape.channels);
  return absl::StrCat("images of ", shape.height, " x ", shape.width, " x ", shape.channels);
}

}  // namespace

absl::Status PlaceError(const LayerPlace& place, absl::string_view what) {
  return absl::InvalidArgumentError(
      absl::StrCat(place.key, ", ", place.name, ": gets ", ShapeText(place.in), "; ", what));
}

absl::Status CheckRoom(const LayerPlace& place, const Fan& fan) {
  if (fan.in < place.room && fan.out <= place.room / (fan.in + 1)) return absl::OkStatus();
  return PlaceError(place, absl::StrCat("with its weights the network has more than "
                                        "limits.max_parameters = ",
                                        place.max_parameters,
                                        " parameters: make it narrower or raise the limit"));
}

absl::Status CheckWindow(const LayerPlace& place, std::size_t kernel, std::size_t padding) {
  if (place.in.is_flat()) {
    return PlaceError(place, "it takes images: put it before flatten and dense, on data of images");
  }
  if (std::min(place.in.height, place.in.width) + 2 * padding >= kernel) return absl::OkStatus();
  return PlaceError(
      place, absl::StrCat("kernel = ", kernel, " does not fit into them with padding ", padding,
                          ": lower it"));
}

OptionSpec SizeOption(absl::string_view name, double default_value, absl::string_view help,
                      double max) {
  return {.name = name,
          .default_value = default_value,
          .help = help,
          .min = 1,
          .max = max,
          .whole = true};
}

std::span<const LayerEntry> LayerTable() {
  static const LayerEntry kEntries[] = {
#define FEDROUND_LAYER(name) name##Entry(),
#include "common/nn/layers/table.inc"
#undef FEDROUND_LAYER
  };
  return kEntries;
}

}  // namespace fedround::nn
