// A file is one line of text that says what it is, what ClientState::AppendTo writes, and the
// XXH3-64 of all before it, little-endian.
#include "client/state_store.h"

#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "common/base/hash.h"
#include "common/base/io/file.h"
#include "common/base/status_macros.h"

namespace fedround::client {
namespace {

std::uint64_t HashOf(absl::string_view bytes) {
  return Xxh3(std::as_bytes(std::span(bytes.data(), bytes.size())));
}

}  // namespace

absl::StatusOr<std::unique_ptr<StateStore>> StateStore::Open(Options options) {
  if (!options.folder.empty()) RETURN_IF_ERROR(MakePrivateFolder(options.folder));
  return std::unique_ptr<StateStore>(new StateStore(std::move(options)));
}

std::string StateStore::PathOf(ClientId client) const {
  return absl::StrCat(options_.folder, "/", client, ".state");
}

absl::StatusOr<ClientState*> StateStore::Of(ClientId client) {
  {
    MutexLock lock(mutex_);
    if (const auto found = states_.find(client); found != states_.end()) return &found->second;
  }
  ClientState state;
  if (!options_.folder.empty()) RETURN_IF_ERROR(Read(client, state));
  MutexLock lock(mutex_);
  return &states_.try_emplace(client, std::move(state)).first->second;
}

absl::Status StateStore::Read(ClientId client, ClientState& state) const {
  const std::string path = PathOf(client);
  const auto damaged = [&](const auto&... why) {
    return absl::DataLossError(
        absl::StrCat("what client ", client, " remembers, ", path, ", is damaged: ", why...));
  };
  // Two times the vectors of an algorithm and of error feedback, with room to spare.
  const std::uint64_t most = 4096 + 16 * options_.vector_size * sizeof(float);
  const absl::StatusOr<std::string> file = ReadFile(path, most);
  if (absl::IsNotFound(file.status())) return absl::OkStatus();
  RETURN_IF_ERROR(file.status());
  absl::string_view bytes = *file;
  std::uint64_t hash = 0;
  if (bytes.size() < sizeof(hash)) return damaged("it ends too early");
  std::memcpy(&hash, bytes.data() + bytes.size() - sizeof(hash), sizeof(hash));
  bytes.remove_suffix(sizeof(hash));
  if (hash != HashOf(bytes)) return damaged("its checksum is another");
  if (!absl::ConsumePrefix(&bytes, absl::StrCat("fedround client state 1, client ", client,
                                                ", run ", options_.run_id, "\n"))) {
    return absl::FailedPreconditionError(absl::StrCat(path, ": is not what client ", client,
                                                      " remembers of run \"", options_.run_id,
                                                      "\": move it away"));
  }
  if (!state.Restore(bytes)) return damaged("its vectors do not add up");
  if (state.HasOtherSizesThan(options_.vector_size)) {
    state = {};
    return absl::FailedPreconditionError(
        absl::StrCat(path, ": what client ", client, " remembers is of another model: its vectors ",
                     "have other sizes than ", options_.vector_size));
  }
  return absl::OkStatus();
}

absl::Status StateStore::Keep(ClientId client) {
  if (options_.folder.empty()) return absl::OkStatus();
  std::string bytes =
      absl::StrCat("fedround client state 1, client ", client, ", run ", options_.run_id, "\n");
  {
    MutexLock lock(mutex_);
    states_.at(client).AppendTo(bytes);
  }
  const std::uint64_t hash = HashOf(bytes);
  bytes.append(reinterpret_cast<const char*>(&hash), sizeof(hash));
  ASSIGN_OR_RETURN(AtomicFile file, AtomicFile::Create(PathOf(client), 0600));
  RETURN_IF_ERROR(file.Append(bytes));
  RETURN_IF_ERROR(file.Sync());
  return file.Commit();
}

}  // namespace fedround::client
