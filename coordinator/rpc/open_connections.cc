#include "coordinator/rpc/open_connections.h"

#include <algorithm>
#include <limits>
#include <utility>

namespace fedround::coordinator {
namespace {

// How long a connection that was shut down may take to deliver what is still in its buffer. A peer
// that has vanished keeps it forever.
constexpr Nanos kLinger = kNanosPerSecond;

}  // namespace

std::uint64_t OpenConnections::Add(std::string peer, Fd socket, Nanos now) {
  const int descriptor = socket.get();
  auto connection = table_.Add(std::move(peer), std::move(socket), now);
  const std::uint64_t id = connection->id();
  open_.emplace(id, Open{std::move(connection), descriptor});
  silent_.push_back({now, id});
  return id;
}

int OpenConnections::DescriptorOf(std::uint64_t id) const {
  const auto found = open_.find(id);
  return found == open_.end() ? -1 : found->second.descriptor;
}

void OpenConnections::Speaks(std::uint64_t id) {
  const auto found = open_.find(id);
  if (found == open_.end() || found->second.stage != Stage::kSilent) return;
  found->second.stage = Stage::kSpeaking;
  speaking_.push_back(id);
}

void OpenConnections::StopServing() {
  while (const std::optional<std::uint64_t> id = TakeSpeaking()) {
    open_.at(*id).stage = Stage::kSilent;
    silent_.push_front({0, *id});
  }
}

std::optional<std::uint64_t> OpenConnections::TakeSpeaking() {
  while (!speaking_.empty()) {
    const std::uint64_t id = speaking_.front();
    speaking_.pop_front();
    if (open_.contains(id)) return id;
  }
  return std::nullopt;
}

Fd OpenConnections::Serve(std::uint64_t id, Nanos now) {
  Open& open = open_.at(id);
  Fd duplicate = open.connection->Duplicate();
  if (duplicate.valid()) {
    open.stage = Stage::kServed;
    served_.push_back({now, id});
  } else {
    speaking_.push_back(id);
  }
  return duplicate;
}

void OpenConnections::HungUp(std::uint64_t id, Nanos now) {
  const auto found = open_.find(id);
  if (found == open_.end()) return;
  Connection& connection = *found->second.connection;
  if (connection.IsOver() || table_.IsStranger(connection)) {
    End(id, now);
  } else {
    lingering_.push_back({now, id});
  }
}

void OpenConnections::End(std::uint64_t id, Nanos now) {
  const auto ended = open_.extract(id);
  if (!ended.empty()) table_.Remove(ended.mapped().connection, now);
}

void OpenConnections::EndAll(Nanos now) {
  while (!open_.empty()) End(open_.begin()->first, now);
}

void OpenConnections::EndLingering(Nanos now) {
  for (; !lingering_.empty() && lingering_.front().since + kLinger <= now; lingering_.pop_front()) {
    End(lingering_.front().id, now);
  }
}

const OpenConnections::Waiting* OpenConnections::First(std::deque<Waiting>& line, Stage stage) {
  for (; !line.empty(); line.pop_front()) {
    const auto found = open_.find(line.front().id);
    if (found != open_.end() && found->second.stage == stage &&
        table_.IsStranger(*found->second.connection)) {
      return &line.front();
    }
  }
  return nullptr;
}

bool OpenConnections::CutStranger(Nanos silent_age, Nanos served_age, Nanos now) {
  const auto old_enough = [now](const Waiting* waiting, Nanos age) {
    return waiting != nullptr && waiting->since + age <= now;
  };
  std::optional<std::uint64_t> id;
  if (const Waiting* silent = First(silent_, Stage::kSilent); old_enough(silent, silent_age)) {
    id = silent->id;
  } else if (const Waiting* served = First(served_, Stage::kServed);
             old_enough(served, served_age)) {
    id = served->id;
  } else if (silent_age == 0 && served_age == 0) {
    id = TakeSpeaking();
  }
  if (!id.has_value()) return false;
  open_.at(*id).connection->Cut();
  End(*id, now);
  return true;
}

Nanos OpenConnections::NextDeadline(Nanos stranger_age) {
  Nanos next = std::numeric_limits<Nanos>::max();
  if (!lingering_.empty()) next = lingering_.front().since + kLinger;
  for (const Waiting* first : {First(silent_, Stage::kSilent), First(served_, Stage::kServed)}) {
    if (first != nullptr) next = std::min(next, first->since + stranger_age);
  }
  return next;
}

}  // namespace fedround::coordinator
