// RoundEngine::Snapshot and Restore: the engine's state as a message, and every check when it is
// restored.
#include <algorithm>

#include "absl/strings/str_cat.h"
#include "coordinator/engine/round_engine.h"
#include "fedround/v1/checkpoint.pb.h"

namespace fedround::coordinator {

std::string RoundEngine::Snapshot() const {
  v1::EngineSnapshot snapshot;
  snapshot.set_state(static_cast<std::uint32_t>(state_));
  snapshot.set_round(round_);
  snapshot.set_step(step_);
  snapshot.set_model_id(model_id_);
  snapshot.set_evaluating(evaluating_);
  snapshot.set_timer(timer_);
  snapshot.set_timer_at(timer_at_);
  snapshot.set_deadline(deadline_);
  snapshot.set_clients(options_.clients);
  for (ClientId client = 0; client < options_.clients; ++client) {
    if (connected_[client]) snapshot.add_connected(client);
    if (gone_[client]) snapshot.add_gone(client);
  }
  for (const auto& [client, until] : returning_) {
    v1::EngineSnapshot::Returning& returning = *snapshot.add_returning();
    returning.set_client(client);
    returning.set_until(until);
  }
  for (const ClientId client : cohort_) snapshot.add_cohort(client);
  for (const auto& [client, state] : members_) {
    v1::EngineSnapshot::Member& member = *snapshot.add_members();
    member.set_client(client);
    member.set_state(static_cast<std::uint32_t>(state));
  }
  for (const auto& [handle, client] : folding_) {
    v1::EngineSnapshot::Folding& folding = *snapshot.add_folding();
    folding.set_handle(handle);
    folding.set_client(client);
  }
  return snapshot.SerializeAsString();
}

absl::Status RoundEngine::Restore(absl::string_view bytes) {
  v1::EngineSnapshot snapshot;
  if (!snapshot.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    return absl::InvalidArgumentError("engine snapshot: not a fedround.v1.EngineSnapshot");
  }
  const auto in_population = [&](std::uint64_t client) { return client < options_.clients; };
  if (snapshot.clients() != options_.clients) {
    return absl::InvalidArgumentError(absl::StrCat("engine snapshot: of ", snapshot.clients(),
                                                   " clients; the experiment has ",
                                                   options_.clients));
  }
  // Values out of range could not even be stored; inconsistent ones are found below.
  const bool sane = snapshot.state() <= static_cast<std::uint32_t>(State::kFinished) &&
                    std::ranges::all_of(snapshot.connected(), in_population) &&
                    std::ranges::all_of(snapshot.gone(), in_population) &&
                    std::ranges::all_of(snapshot.returning(), in_population,
                                        &v1::EngineSnapshot::Returning::client) &&
                    std::ranges::all_of(snapshot.members(), [&](const auto& member) {
                      return in_population(member.client()) &&
                             member.state() <= static_cast<std::uint32_t>(Member::kFailed);
                    });
  if (!sane) return absl::InvalidArgumentError("engine snapshot: a value is out of range");

  state_ = static_cast<State>(snapshot.state());
  round_ = snapshot.round();
  step_ = snapshot.step();
  model_id_ = snapshot.model_id();
  evaluating_ = snapshot.evaluating();
  timer_ = snapshot.timer();
  timer_at_ = snapshot.timer_at();
  deadline_ = snapshot.deadline();
  for (ClientId client = 0; client < options_.clients; ++client) {
    SetPresence(client, /*connected=*/false, /*gone=*/false);
  }
  for (const ClientId client : snapshot.connected()) {
    SetPresence(client, /*connected=*/true, /*gone=*/false);
  }
  for (const ClientId client : snapshot.gone()) {
    SetPresence(client, connected_[client], /*gone=*/true);
  }
  returning_.clear();
  for (const auto& returning : snapshot.returning()) {
    returning_.emplace(returning.client(), returning.until());
  }
  cohort_.assign(snapshot.cohort().begin(), snapshot.cohort().end());
  members_.clear();
  asked_count_ = 0;
  for (const auto& member : snapshot.members()) {
    SetMember(member.client(), static_cast<Member>(member.state()));
  }
  folding_.clear();
  for (const auto& folding : snapshot.folding()) {
    folding_.emplace(folding.handle(), folding.client());
  }
  const absl::string_view broken = BrokenInvariant(/*thorough=*/true);
  if (!broken.empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat("engine snapshot: its parts do not fit together: ", broken));
  }
  return absl::OkStatus();
}

}  // namespace fedround::coordinator
