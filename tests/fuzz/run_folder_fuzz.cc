#include <fstream>

#include "common/base/check.h"
#include "common/ledger/run_event.h"
#include "common/ledger/run_folder.h"
#include "tests/fuzz/support/fuzz_one.h"
#include "tests/fuzz/support/scratch_folder.h"

namespace fedround::fuzz {
namespace {

void Put(const std::string& path, std::span<const std::uint8_t> bytes) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file << AsText(bytes);
  CHECK(file.flush().good());
}

void CheckEndpoint(const std::string& folder) {
  const auto endpoint = ledger::ReadEndpoint(folder);
  if (!endpoint.ok()) return;
  CHECK(ledger::CheckToken(endpoint->token).ok() && endpoint->pid > 0);
  CHECK(ledger::WriteEndpoint(folder, *endpoint).ok());
  const auto again = ledger::ReadEndpoint(folder);
  CHECK(again.ok() && *again == *endpoint);
}

void CheckStatus(const std::string& folder) {
  const auto status = ledger::ReadRunStatus(folder);
  if (!status.ok()) return;
  CHECK(status->exit_code >= 0 && status->exit_code <= 255);
  CHECK(ledger::WriteRunStatus(folder, *status).ok());
  const auto again = ledger::ReadRunStatus(folder);
  CHECK(again.ok() && *again == *status);
}

void CheckManifest(const std::string& folder) {
  const auto manifest = ledger::ReadManifest(folder);
  if (!manifest.ok()) return;
  CHECK(ParameterCount(manifest->tensors) == manifest->parameters);
  CHECK(ledger::WriteManifest(folder, *manifest).ok());
  const auto again = ledger::ReadManifest(folder);
  CHECK(again.ok() && *again == *manifest);
}

void CheckEvent(absl::string_view line) {
  const auto event = ledger::RunEventFromJson(line);
  if (!event.ok()) return;
  const std::string written = ledger::ToJson(*event);
  const auto again = ledger::RunEventFromJson(written);
  CHECK(again.ok() && ledger::ToJson(*again) == written);
}

}  // namespace

// The bytes are read as each of the JSON texts of a run: its three files, and a line of the
// coordinator's output. If one is accepted, it must be the same after it has been written and read
// again.
void FuzzOne(std::span<const std::uint8_t> bytes) {
  static const ScratchFolder scratch;
  const std::string& folder = scratch.path();
  for (const char* name : {"/endpoint.json", "/status.json", "/manifest.json"}) {
    Put(folder + name, bytes);
  }
  CheckEndpoint(folder);
  CheckStatus(folder);
  CheckManifest(folder);
  CheckEvent(AsText(bytes));
}

}  // namespace fedround::fuzz
