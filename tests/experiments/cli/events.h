// Events of a small run, for tests of the output.
#pragma once

#include "common/ledger/run_event.h"

namespace fedround::cli {

inline ledger::event::Started Started(std::uint32_t rounds, std::uint64_t clients) {
  ledger::event::Started event;
  event.rounds = rounds;
  event.clients = clients;
  return event;
}

inline ledger::event::Joined Joined(std::uint64_t clients) {
  ledger::event::Joined event;
  event.clients = clients;
  return event;
}

// One of 0.1 s: half of it training, a tenth waiting for a slot.
inline ledger::event::Round Round(std::uint32_t round) {
  ledger::event::Round event;
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

inline ledger::event::Evaluated Evaluated(std::uint32_t round, double accuracy) {
  ledger::event::Evaluated event;
  event.round = round;
  event.accuracy = accuracy;
  event.loss = 0.5;
  return event;
}

inline ledger::event::Failure Failure(ClientId client, FailureKind what,
                                      std::string message = "as it happens") {
  ledger::event::Failure event;
  event.round = 2;
  event.client = client;
  event.what = what;
  event.message = std::move(message);
  return event;
}

inline ledger::event::Notice Notice(std::string message) {
  ledger::event::Notice event;
  event.message = std::move(message);
  return event;
}

inline ledger::event::Finished Finished() {
  ledger::event::Finished event;
  event.verdict.outcome = RunOutcome::kDone;
  event.model_sha256 = std::string(64, 'a');
  return event;
}

}  // namespace fedround::cli
