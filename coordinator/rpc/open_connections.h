// The connections that are open, by what each waits for:
//
//   silent -> its first bytes -> speaking -> a turn with gRPC -> served -> a call that is
//   authenticated, which makes it a client's -> shut down -> lingering until its last bytes are out
//
// Who is cut when room or time runs out is decided here. Not thread-safe: the listener's thread
// owns it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>

#include "common/base/clock.h"
#include "common/base/file.h"
#include "coordinator/rpc/connection_table.h"

namespace fedround::coordinator {

class OpenConnections {
 public:
  // Books in `table`, which must outlive this.
  explicit OpenConnections(ConnectionTable& table) : table_(table) {}

  // A new one, silent. Returns its number.
  std::uint64_t Add(std::string peer, Fd socket, Nanos now);
  std::size_t size() const { return open_.size(); }
  // -1 if there is none with this number.
  int DescriptorOf(std::uint64_t id) const;

  // It has sent its first bytes.
  void Speaks(std::uint64_t id);
  std::size_t speaking() const { return speaking_.size(); }
  // The one that has been speaking longest: it has its turn. Nothing if none is.
  std::optional<std::uint64_t> TakeSpeaking();
  // A descriptor of it for gRPC. Invalid if the system has none left: then it speaks on.
  Fd Serve(std::uint64_t id, Nanos now);
  // Nobody is served any more: who waited for it is a stranger like the silent ones.
  void StopServing();

  // It was shut down in both directions, though what we sent may still be on its way.
  void HungUp(std::uint64_t id, Nanos now);
  void End(std::uint64_t id, Nanos now);
  void EndAll(Nanos now);
  // Those that have lingered long enough.
  void EndLingering(Nanos now);

  // Cuts the one that has been silent longest or, if none has been for `silent_age`, the one that
  // gRPC has had longest without a call that was authenticated; if any age will do, also the one
  // that has been speaking longest. Returns whether there was one.
  bool CutStranger(Nanos silent_age, Nanos served_age, Nanos now);

  // When EndLingering or CutStranger(stranger_age, stranger_age) will have something to do.
  Nanos NextDeadline(Nanos stranger_age);

 private:
  enum class Stage { kSilent, kSpeaking, kServed };
  struct Open {
    std::shared_ptr<Connection> connection;
    int descriptor = -1;
    Stage stage = Stage::kSilent;
  };
  struct Waiting {
    Nanos since = 0;
    std::uint64_t id = 0;
  };

  // The first stranger in a line of those who are at `stage`; null if there is none.
  const Waiting* First(std::deque<Waiting>& line, Stage stage);

  ConnectionTable& table_;
  std::unordered_map<std::uint64_t, Open> open_;
  // The longest waiting first. Who has moved on or ended stays until it is first.
  std::deque<Waiting> silent_;
  std::deque<std::uint64_t> speaking_;
  std::deque<Waiting> served_;
  std::deque<Waiting> lingering_;
};

}  // namespace fedround::coordinator
