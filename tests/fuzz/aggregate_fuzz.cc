#include <vector>

#include "common/base/check.h"
#include "common/fold/aggregate.h"
#include "tests/fuzz/support/fuzz_one.h"

namespace fedround::fuzz {
namespace {

constexpr fold::Grid kGrid{.scale_bits = 32, .max_abs = 16, .max_total_weight = 1 << 20};

// Two vectors and a scalar.
UpdateLayout Layout(bool kept) {
  return {.vectors = {{"update", 2, "float32", VectorWeight::kAnswer},
                      {"control", 3, "float32", VectorWeight::kOne}},
          .scalars = {{"steps", 1000}},
          .kept = kept};
}

}  // namespace

// The first byte says whether updates are kept, the rest is an aggregate. If it is accepted, it is
// written the same again, its means are on the grid and its updates in the order of their clients.
void FuzzOne(std::span<const std::uint8_t> bytes) {
  if (bytes.empty()) return;
  const bool kept = (bytes[0] & 1) != 0;
  const absl::string_view text = AsText(bytes.subspan(1));
  fold::Aggregate aggregate(kGrid, Layout(kept));
  if (!aggregate.Restore(text).ok()) return;
  CHECK(aggregate.Serialize() == text);
  const std::span<const fold::Kept::Update> updates = aggregate.kept();
  for (std::size_t i = 0; i < updates.size(); ++i) {
    CHECK(updates[i].values.size() == 5);
    CHECK(i == 0 || updates[i].client > updates[i - 1].client);
  }
  if (kept) return;
  for (const std::size_t vector : {0U, 1U}) {
    const fold::Sums& sums = aggregate.sums(vector);
    CHECK(sums.total_weight() <= kGrid.max_total_weight);
    if (sums.total_weight() == 0) continue;
    std::vector<float> mean(vector == 0 ? 2 : 3);
    sums.WriteMean(mean);
    for (const float entry : mean) CHECK(-17 <= entry && entry <= 17);
  }
}

}  // namespace fedround::fuzz
