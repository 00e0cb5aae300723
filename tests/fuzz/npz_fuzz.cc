#include "common/base/check.h"
#include "common/data/client_names.h"
#include "common/data/datasets/npz.h"
#include "tests/fuzz/support/fuzz_one.h"

namespace fedround::fuzz {

// The bytes are an archive of arrays, stored or deflated. If it is accepted, it must have whole
// examples and, if there are names, one for each client. Any bytes may be listed.
void FuzzOne(std::span<const std::uint8_t> bytes) {
  data::ListNpz(std::as_bytes(bytes), "fuzz").IgnoreError();
  const auto decoded = data::DecodeNpz(std::as_bytes(bytes), "fuzz");
  if (!decoded.ok()) return;
  const std::size_t row_bytes = decoded->inputs() * data::ValueBytes(decoded->type);
  CHECK(row_bytes > 0);
  CHECK(decoded->train.values.size() % row_bytes == 0);
  CHECK(decoded->test.values.size() % row_bytes == 0);
  CHECK(decoded->classes == data::CountClasses(decoded->train.labels));
  const std::size_t names = data::UnpackNames(decoded->client_names).size();
  CHECK(names == 0 || names == data::CountClasses(decoded->natural_clients));
}

}  // namespace fedround::fuzz
