// Events of a small run, for tests of the output.
#pragma once

#include "common/ledger/run_event.h"

namespace fedround::cli {

inline ledger::RunEvent Started(std::uint32_t rounds, std::uint64_t clients) {
  ledger::RunEvent event;
  event.kind = ledger::RunEvent::Kind::kStarted;
  event.rounds = rounds;
  event.clients = clients;
  return event;
}

inline ledger::RunEvent Joined(std::uint64_t clients) {
  ledger::RunEvent event;
  event.kind = ledger::RunEvent::Kind::kJoined;
  event.clients = clients;
  return event;
}

// One of 0.1 s: half of it training, a tenth waiting for a slot.
inline ledger::RunEvent Round(std::uint32_t round) {
  ledger::RunEvent event;
  event.kind = ledger::RunEvent::Kind::kRound;
  event.round = round;
  event.cohort = 10;
  event.folded = 9;
  event.wall_s = 0.1;
  event.phase_s[static_cast<int>(ClientPhase::kTrain)] = 0.05;
  event.phase_s[static_cast<int>(ClientPhase::kWaitSlot)] = 0.01;
  event.payload_bytes_down = 1024 * 1024;
  event.payload_bytes_up = 512 * 1024;
  return event;
}

inline ledger::RunEvent Evaluated(std::uint32_t round, double accuracy) {
  ledger::RunEvent event;
  event.kind = ledger::RunEvent::Kind::kEvaluated;
  event.round = round;
  event.accuracy = accuracy;
  event.loss = 0.5;
  return event;
}

inline ledger::RunEvent Failure(ClientId client, std::string what) {
  ledger::RunEvent event;
  event.kind = ledger::RunEvent::Kind::kFailure;
  event.round = 2;
  event.client = client;
  event.what = std::move(what);
  event.message = "as it happens";
  return event;
}

inline ledger::RunEvent Notice(std::string message) {
  ledger::RunEvent event;
  event.kind = ledger::RunEvent::Kind::kNotice;
  event.message = std::move(message);
  return event;
}

inline ledger::RunEvent Finished() {
  ledger::RunEvent event;
  event.kind = ledger::RunEvent::Kind::kFinished;
  event.outcome = "done";
  event.model_sha256 = std::string(64, 'a');
  return event;
}

}  // namespace fedround::cli
