// The connections that are open, by what each waits for:
//
//   silent    --(bytes come)---------------------> speaking
//   speaking  --(a look: the call is not complete)-> greeted   --(more bytes)--> speaking
//   speaking  --(a look: the call has the token)---> served    --(shut down)---> lingering, until
//                                                                its last bytes are sent
//   speaking  --(a look: the call has no token)----> refused: it has its answer and hangs up
//
// Those that speak wait in two lines, which take turns: those that nobody has looked at yet, and
// those that were looked at and had not said enough. So neither strangers that let their first call
// trickle in nor a flood of new ones keep the other line waiting.
//
// All but those served and lingering are strangers. Who is cut when room or time runs out is
// decided here. Not thread-safe: the listener's thread owns it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <unordered_map>
#include <utility>

#include "absl/strings/string_view.h"
#include "common/base/clock.h"
#include "common/base/io/file.h"
#include "coordinator/rpc/listener/connection_table.h"

namespace fedround::coordinator {

class OpenConnections {
 public:
  // Keeps `table`, which must outlive this, up to date.
  explicit OpenConnections(ConnectionTable& table) : table_(table) {}

  // Adds a new connection, silent. Returns its number.
  std::uint64_t Add(std::string peer, Fd socket, Nanos now);
  std::size_t size() const { return open_.size(); }
  // -1 if there is none with this number.
  int DescriptorOf(std::uint64_t id) const;

  // Bytes have come on it.
  void Speaks(std::uint64_t id, Nanos now);
  std::size_t speaking() const { return unheard() + line(Stage::kSpeakingOn).size(); }
  // How many speak that nobody has looked at yet.
  std::size_t unheard() const { return line(Stage::kSpeaking).size(); }
  // The one to look at next: in the line whose turn it is, the one that has been speaking longest.
  // Nothing if there is none.
  std::optional<std::uint64_t> NextSpeaking() const;
  // Copies the bytes of one that speaks into `space`; they also stay in its socket.
  absl::string_view Look(std::uint64_t id, std::span<char> space);
  // How often it has been looked at.
  int looks(std::uint64_t id) const { return open_.at(id).looks; }

  // ---- what follows from a look ----

  // Its first call is not complete. Sends `greeting`, unless that was done.
  void Greet(std::uint64_t id, absl::string_view greeting, Nanos now);
  // It belongs to a client. Returns a descriptor for gRPC; invalid if the system has none left.
  Fd Serve(std::uint64_t id, Nanos now);
  // Sends `answer` and nothing after it.
  void Refuse(std::uint64_t id, absl::string_view answer, Nanos now);

  // It was shut down in both directions, though what we sent may still be on its way.
  void HungUp(std::uint64_t id, Nanos now);
  void Cut(std::uint64_t id, Nanos now);
  void End(std::uint64_t id, Nanos now);
  void EndAll(Nanos now);
  // Ends those that were refused, or have been lingering, for long enough.
  void EndLingering(Nanos now);

  // Cuts one stranger, the first of these that there is: the one refused longest ago, or silent for
  // longest, if for at least `silent_age`; the one greeted longest ago, if at least `greeted_age`
  // ago; if both ages are 0, the one speaking for longest. Returns whether there was one.
  bool CutStranger(Nanos silent_age, Nanos greeted_age, Nanos now);

  // When EndLingering or CutStranger(stranger_age, stranger_age) will have something to do.
  Nanos NextDeadline(Nanos stranger_age) const;

 private:
  enum class Stage {
    kSilent,
    kSpeaking,
    kSpeakingOn,  // was looked at before
    kGreeted,
    kServed,
    kRefused,
    kLingering
  };
  static constexpr std::size_t kStages = 7;
  using Line = std::set<std::pair<Nanos, std::uint64_t>>;  // since when, its number
  struct Open {
    std::shared_ptr<Connection> connection;
    int descriptor = -1;
    Stage stage = Stage::kSilent;
    Nanos since = 0;
    Nanos greeted = 0;  // when for the first time; 0: not yet
    int looks = 0;
  };

  Line& line(Stage stage) { return lines_[static_cast<std::size_t>(stage)]; }
  const Line& line(Stage stage) const { return lines_[static_cast<std::size_t>(stage)]; }
  void Move(std::uint64_t id, Stage stage, Nanos since);
  // The first of a line, if it has been there for `age`.
  std::optional<std::uint64_t> First(Stage stage, Nanos age, Nanos now) const;
  // The first of both lines of those that speak, if there is one.
  std::optional<std::uint64_t> LongestSpeaking() const;

  ConnectionTable& table_;
  std::unordered_map<std::uint64_t, Open> open_;
  std::array<Line, kStages> lines_;  // by stage, the longest waiting first
  bool heard_new_ = false;           // the last look was a first one
};

}  // namespace fedround::coordinator
