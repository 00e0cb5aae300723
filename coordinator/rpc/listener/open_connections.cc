#include "coordinator/rpc/listener/open_connections.h"

#include <algorithm>
#include <limits>
#include <utility>

namespace fedround::coordinator {
namespace {

// How long a connection that was shut down may take to deliver what is still in its buffer, and one
// that was refused to hang up. A peer that has vanished keeps either forever.
constexpr Nanos kLinger = kNanosPerSecond;

}  // namespace

std::uint64_t OpenConnections::Add(std::string peer, Fd socket, Nanos now) {
  const int descriptor = socket.get();
  auto connection = table_.Add(std::move(peer), std::move(socket), now);
  const std::uint64_t id = connection->id();
  open_.emplace(id, Open{.connection = std::move(connection), .descriptor = descriptor});
  Move(id, Stage::kSilent, now);
  return id;
}

int OpenConnections::DescriptorOf(std::uint64_t id) const {
  const auto found = open_.find(id);
  return found == open_.end() ? -1 : found->second.descriptor;
}

void OpenConnections::Move(std::uint64_t id, Stage stage, Nanos since) {
  Open& open = open_.at(id);
  line(open.stage).erase({open.since, id});
  open.stage = stage;
  open.since = since;
  line(stage).insert({since, id});
}

void OpenConnections::Speaks(std::uint64_t id, Nanos now) {
  const auto found = open_.find(id);
  if (found == open_.end()) return;
  const Open& open = found->second;
  if (open.stage != Stage::kSilent && open.stage != Stage::kGreeted) return;
  Move(id, open.looks == 0 ? Stage::kSpeaking : Stage::kSpeakingOn, now);
}

std::optional<std::uint64_t> OpenConnections::NextSpeaking() const {
  const Line& waiting = line(Stage::kSpeaking);
  const Line& waiting_on = line(Stage::kSpeakingOn);
  const bool take_new = !waiting.empty() && (!heard_new_ || waiting_on.empty());
  const Line& next = take_new ? waiting : waiting_on;
  if (next.empty()) return std::nullopt;
  return next.begin()->second;
}

absl::string_view OpenConnections::Look(std::uint64_t id, std::span<char> space) {
  Open& open = open_.at(id);
  heard_new_ = open.looks == 0;
  ++open.looks;
  return {space.data(), open.connection->Peek(space)};
}

void OpenConnections::Greet(std::uint64_t id, absl::string_view greeting, Nanos now) {
  Open& open = open_.at(id);
  if (open.greeted == 0) {
    open.greeted = now;
    open.connection->Send(greeting);
  }
  Move(id, Stage::kGreeted, open.greeted);
}

Fd OpenConnections::Serve(std::uint64_t id, Nanos now) {
  Open& open = open_.at(id);
  Fd duplicate = open.connection->Duplicate();
  if (duplicate.valid()) {
    table_.Authenticated(open.connection);
    Move(id, Stage::kServed, now);
  }
  return duplicate;
}

void OpenConnections::Refuse(std::uint64_t id, absl::string_view answer, Nanos now) {
  open_.at(id).connection->SendLast(answer);
  Move(id, Stage::kRefused, now);
}

void OpenConnections::HungUp(std::uint64_t id, Nanos now) {
  const auto found = open_.find(id);
  if (found == open_.end()) return;
  const Stage stage = found->second.stage;
  const bool is_client = stage == Stage::kServed || stage == Stage::kLingering;
  if (!is_client || found->second.connection->IsOver()) {
    End(id, now);
  } else if (stage == Stage::kServed) {
    Move(id, Stage::kLingering, now);
  }
}

void OpenConnections::Cut(std::uint64_t id, Nanos now) {
  open_.at(id).connection->Cut();
  End(id, now);
}

void OpenConnections::End(std::uint64_t id, Nanos now) {
  const auto ended = open_.extract(id);
  if (ended.empty()) return;
  line(ended.mapped().stage).erase({ended.mapped().since, id});
  table_.Remove(ended.mapped().connection, now);
}

void OpenConnections::EndAll(Nanos now) {
  while (!open_.empty()) End(open_.begin()->first, now);
}

void OpenConnections::EndLingering(Nanos now) {
  for (const Stage stage : {Stage::kRefused, Stage::kLingering}) {
    while (const auto id = First(stage, kLinger, now)) End(*id, now);
  }
}

std::optional<std::uint64_t> OpenConnections::First(Stage stage, Nanos age, Nanos now) const {
  const Line& waiting = line(stage);
  if (waiting.empty() || now - waiting.begin()->first < age) return std::nullopt;
  return waiting.begin()->second;
}

std::optional<std::uint64_t> OpenConnections::LongestSpeaking() const {
  std::optional<std::pair<Nanos, std::uint64_t>> longest;
  for (const Stage stage : {Stage::kSpeaking, Stage::kSpeakingOn}) {
    if (line(stage).empty()) continue;
    const auto& first = *line(stage).begin();
    if (!longest.has_value() || first < *longest) longest = first;
  }
  if (!longest.has_value()) return std::nullopt;
  return longest->second;
}

bool OpenConnections::CutStranger(Nanos silent_age, Nanos greeted_age, Nanos now) {
  std::optional<std::uint64_t> id = First(Stage::kRefused, silent_age, now);
  if (!id.has_value()) id = First(Stage::kSilent, silent_age, now);
  if (!id.has_value()) id = First(Stage::kGreeted, greeted_age, now);
  if (!id.has_value() && silent_age == 0 && greeted_age == 0) id = LongestSpeaking();
  if (!id.has_value()) return false;
  Cut(*id, now);
  return true;
}

Nanos OpenConnections::NextDeadline(Nanos stranger_age) const {
  Nanos next = std::numeric_limits<Nanos>::max();
  const auto look_at = [&](Stage stage, Nanos age) {
    if (!line(stage).empty()) next = std::min(next, line(stage).begin()->first + age);
  };
  look_at(Stage::kSilent, stranger_age);
  look_at(Stage::kGreeted, stranger_age);
  look_at(Stage::kRefused, kLinger);
  look_at(Stage::kLingering, kLinger);
  return next;
}

}  // namespace fedround::coordinator
