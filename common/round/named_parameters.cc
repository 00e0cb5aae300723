#include "common/round/named_parameters.h"

#include <algorithm>
#include <map>
#include <string>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/base/check.h"

namespace fedround {
namespace {

absl::Status TensorError(const std::string& name, absl::string_view what) {
  return absl::InvalidArgumentError(
      absl::StrCat("tensor \"", absl::Utf8SafeCEscape(name), "\": ", what));
}

std::string ShapeText(const TensorSpec& spec) {
  return absl::StrCat("[", absl::StrJoin(spec.shape, ", "), "]");
}

}  // namespace

absl::StatusOr<FloatBuffer> LaidOutAs(std::span<const TensorSpec> specs,
                                      const NamedParameters& model) {
  struct Place {
    const TensorSpec* spec;
    std::size_t offset;
  };
  std::map<std::string, Place> places;
  std::size_t offset = 0;
  for (const TensorSpec& spec : model.specs) {
    places.emplace(spec.name, Place{&spec, offset});
    offset += spec.elements();
  }
  CHECK(offset == model.parameters.size());
  FloatBuffer parameters(offset);
  std::size_t filled = 0;
  for (const TensorSpec& spec : specs) {
    const auto found = places.find(spec.name);
    if (found == places.end()) return TensorError(spec.name, "is missing");
    const Place place = found->second;
    if (place.spec->shape != spec.shape) {
      return TensorError(spec.name, absl::StrCat("has shape ", ShapeText(*place.spec), ": must be ",
                                                 ShapeText(spec)));
    }
    std::ranges::copy(model.parameters.span().subspan(place.offset, spec.elements()),
                      parameters.data() + filled);
    filled += spec.elements();
    places.erase(found);
  }
  if (!places.empty()) return TensorError(places.begin()->first, "is not one of those expected");
  return parameters;
}

}  // namespace fedround
