#include <bit>
#include <cctype>
#include <cmath>
#include <set>

#include "absl/strings/str_cat.h"
#include "common/base/check.h"
#include "common/wire/chunk.h"
#include "common/wire/messages/update_header.h"
#include "tests/fuzz/support/fuzz_one.h"

namespace fedround::fuzz {
namespace {

bool IsPlain(absl::string_view name) {
  for (const char c : name) {
    if (std::isalnum(static_cast<unsigned char>(c)) == 0 && c != '_' && c != '.') return false;
  }
  return name.size() <= wire::kMaxName;
}

void CheckLimits(const UpdateHeader& header) {
  CHECK(header.run_id.size() <= wire::kMaxRunId);
  CHECK(header.sections.size() <= wire::kMaxSections);
  std::uint64_t bytes = 0;
  for (const Section& section : header.sections) {
    CHECK(section.name.size() <= wire::kMaxName && section.codec.size() <= wire::kMaxName);
    CHECK(!__builtin_add_overflow(bytes, section.bytes, &bytes));
  }
  CHECK(header.payload_bytes() == bytes);
  CHECK(header.metrics.size() <= wire::kMaxMetrics);
  for (const auto& [name, value] : header.metrics) {
    CHECK(name.size() <= wire::kMaxName && std::isfinite(value));
  }
  CHECK(header.health.size() <= wire::kMaxHealthValues);
  std::set<std::pair<std::string, std::string>> seen;
  for (const HealthValue& of : header.health) {
    CHECK(IsPlain(of.layer) && IsPlain(of.quantity));
    CHECK(seen.emplace(of.layer, of.quantity).second);
  }
  // So that half the difference of two differences of stamps does not overflow.
  constexpr Nanos kSixteenth = Nanos{1} << 59;
  CHECK(header.sent_ns > -kSixteenth && header.sent_ns < kSixteenth);
}

// Health values may be NaN, which equals nothing, so they are compared as bits.
bool Same(UpdateHeader one, UpdateHeader other) {
  if (one.health.size() != other.health.size()) return false;
  for (std::size_t i = 0; i < one.health.size(); ++i) {
    for (HealthValue* of : {&one.health[i], &other.health[i]}) {
      absl::StrAppend(&of->layer, "=", std::bit_cast<std::uint64_t>(of->value));
      of->value = 0;
    }
  }
  return one == other;
}

}  // namespace

// If a header is accepted, it must be within every limit and be the same after it has been written
// and read again.
void FuzzOne(std::span<const std::uint8_t> bytes) {
  const auto header = wire::ParseUpdateHeader(AsText(bytes));
  if (!header.ok()) return;
  CheckLimits(*header);
  const std::string message = wire::SerializeUpdateHeader(*header);
  const wire::Bytes whole = std::as_bytes(std::span(message));
  const auto chunk = wire::ParseUpdateChunk({&whole, 1});
  CHECK(chunk.ok() && chunk->has_header && chunk->data_bytes == 0);
  const auto again = wire::ParseUpdateHeader(chunk->header);
  CHECK(again.ok() && Same(*again, *header));
}

}  // namespace fedround::fuzz
