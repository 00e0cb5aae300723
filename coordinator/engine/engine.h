// What every engine takes and gives: events go in, actions come out.
//
// An engine says what a round is. It is a pure state machine, Step(event, now) -> actions: no gRPC,
// thread, file, clock or tensor in it, only ids and handles cross its border. So real clients,
// in-process clients and simulated devices run through the very same code, and any schedule of
// events can be replayed from a seed.
//
// What it asks of clients are asks (common/round/types.h): an answer names the ask it answers.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "absl/status/status.h"
#include "common/base/clock.h"
#include "common/base/exit_code.h"
#include "common/ledger/records.h"
#include "common/round/types.h"
#include "coordinator/upload_handle.h"

namespace fedround::coordinator {

// ---- events ----

struct ClientJoined {
  ClientId client = 0;
};
struct ClientLeft {
  ClientId client = 0;
};
// Its process has ended: unless it is started again, it will not join.
struct ClientGone {
  ClientId client = 0;
};
// An answer that passed every check it can pass on its own.
struct Answered {
  UploadHandle handle = 0;
  AskId ask = 0;
  std::uint64_t weight = 0;
};
// An answer to this ask was refused by the intake (malformed, not finite, ...), or its client gave
// up.
struct Refused {
  AskId ask = 0;
  std::string why;
};
struct FoldDone {
  UploadHandle handle = 0;
};
struct Evaluated {
  std::uint32_t round = 0;
};
struct Committed {
  std::uint32_t round = 0;
  ModelId model_id = 0;  // the model the next round trains
};
// The coordinator's own work failed (a full disk, damaged data); the run cannot go on.
struct RunFailed {
  std::string why;
  int exit_code = exit_code::kRunFailed;
};
struct TimerFired {
  std::uint64_t id = 0;
};
struct StopRequested {
  std::string why;
  int exit_code = 0;
};
using EngineEvent = std::variant<ClientJoined, ClientLeft, ClientGone, Answered, Refused, FoldDone,
                                 Evaluated, Committed, RunFailed, TimerFired, StopRequested>;

// ---- actions ----

// A step of a round begins; the Sends that follow belong to it.
struct OpenStep {
  std::uint32_t round = 0;
  std::uint32_t step = 0;
  TaskKind task = TaskKind::kTrain;
  bool operator==(const OpenStep&) const = default;
};
// From now on an answer to this ask is accepted. Sent again if its client was away: an upload from
// before then ends.
struct Send {
  Instruction instruction;
  bool operator==(const Send&) const = default;
};
// No open ask is accepted any more; uploads under way are told that they are late.
struct CloseStep {
  bool operator==(const CloseStep&) const = default;
};
struct BeginFold {
  UploadHandle handle = 0;
  ClientId client = 0;
  bool operator==(const BeginFold&) const = default;
};
struct Refuse {
  UploadHandle handle = 0;
  absl::StatusCode code = absl::StatusCode::kFailedPrecondition;
  std::string why;
  bool operator==(const Refuse&) const = default;
};
// Compute the next model from what was folded, record the round, answer with Committed.
struct Commit {
  std::uint32_t round = 0;
  std::vector<ClientId> cohort;   // as drawn
  std::vector<ClientId> dropped;  // removed by federation.dropout, or absent from a replayed set
  std::vector<ClientId> folded;   // ascending
  // Why what was folded is thrown away, so that the model stays as it is; empty: it is not.
  std::string abandoned;
  bool operator==(const Commit&) const = default;
};
struct Evaluate {
  std::uint32_t round = 0;
  bool operator==(const Evaluate&) const = default;
};
struct SetTimer {
  std::uint64_t id = 0;
  Nanos at = 0;
  bool operator==(const SetTimer&) const = default;
};
// A member that contributed nothing to a step in which it was asked; for the record.
struct ReportFailure {
  ClientId client = 0;
  FailureKind what = FailureKind::kAbsent;  // or any other that an engine finds
  std::string message;
  bool operator==(const ReportFailure&) const = default;
};
struct Finish {
  RunOutcome outcome = RunOutcome::kFailed;
  std::string message;
  int exit_code = 0;
  bool operator==(const Finish&) const = default;
};
using EngineAction = std::variant<OpenStep, Send, CloseStep, BeginFold, Refuse, Commit, Evaluate,
                                  SetTimer, ReportFailure, Finish>;
using EngineActions = std::vector<EngineAction>;

}  // namespace fedround::coordinator
