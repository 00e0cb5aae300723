// What the clients of a host remember, by client: in memory, or in a file for each as well, so that a
// process that is started again finds it.
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/base/mutex.h"
#include "common/round/client_state.h"
#include "common/round/types.h"

namespace fedround::client {

// Thread-safe; a client's state is used by its own task only.
class StateStore {
 public:
  struct Options {
    std::string folder;           // for the files; empty: in memory only
    std::string run_id;           // files of other runs are refused
    std::size_t vector_size = 0;  // of every vector that a client remembers
  };
  // Makes the folder. Errors: what the system says.
  static absl::StatusOr<std::unique_ptr<StateStore>> Open(Options options);

  // Errors, which name the client and its file: DATA_LOSS if that is damaged, FAILED_PRECONDITION if
  // it belongs to another run or another model. Nothing is changed then.
  absl::StatusOr<ClientState*> Of(ClientId client);
  // Writes the client's state; when this returns, the file outlives the process. Nothing to do in
  // memory.
  absl::Status Keep(ClientId client);

 private:
  explicit StateStore(Options options) : options_(std::move(options)) {}

  std::string PathOf(ClientId client) const;
  absl::Status Read(ClientId client, ClientState& state) const;

  const Options options_;
  Mutex mutex_;
  std::map<ClientId, ClientState> states_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace fedround::client
