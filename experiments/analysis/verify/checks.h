// The topics of `fedround verify`, one .cc each. Rows are added round by round, in order; Finish
// checks what only the whole run shows. Each call returns the first thing that does not add up
// (FAILED_PRECONDITION, see finding.h), or an error if something cannot be read. A round's chains
// are checked before everything else in it: the other checks rely on rounds 1..n and on times that
// are sums.
//
// All of them take memory per client or per connection, none per task. `run` must outlive them.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/base/clock.h"
#include "experiments/analysis/critical_path.h"
#include "experiments/analysis/round_rows.h"
#include "experiments/analysis/run.h"

namespace fedround::analysis {

// Time is a gapless chain: the coordinator's rounds and steps, each client's tasks.
class ChainCheck {
 public:
  explicit ChainCheck(const Run& run) : run_(run) {}
  absl::Status Add(const RoundRows& rows);

 private:
  // A client's previous task.
  struct Last {
    Nanos end_ns = 0;
    std::optional<Nanos> clock_offset_ns;
  };
  absl::Status CheckRound(const ledger::RoundRow& round);
  absl::Status CheckClients(std::span<const ledger::TaskRow> tasks);
  bool MayHaveGap(ClientId client, const Last& before) const;

  const Run& run_;
  std::uint32_t rounds_ = 0;
  Nanos end_ns_ = 0;  // of the previous round
  std::map<ClientId, Last> last_;
};

// Every accepted answer has a step, a cause before each of its stamps, and a report of its cost;
// asks are numbered in the order of rounds and steps, each once.
class AnswerCheck {
 public:
  explicit AnswerCheck(const Run& run) : run_(run) {}
  absl::Status Add(const RoundRows& rows);

 private:
  absl::Status CheckAsks(const RoundRows& rows);

  const Run& run_;
  AskId last_ask_ = 0;
};

// Clients' stamps lie between the coordinator's, within the bound of their offset. `largest`
// becomes the largest bound.
absl::Status CheckClocks(const Run& run, const RoundRows& rows, Nanos& largest);

struct PathFigures {
  std::uint64_t rounds_within = 0;     // path and wall differ by 1 % at most
  std::uint64_t closed_otherwise = 0;  // steps whose path is not known, see CriticalPath
  Nanos wall_ns = 0;                   // all rounds
  Nanos handover_ns = 0;               // of it, between the last fold and the next phase
};
// The critical path is the wall time, within 1 % in 99 of 100 rounds.
class PathCheck {
 public:
  void Add(const RoundRows& rows);
  absl::StatusOr<PathFigures> Finish() const;

 private:
  PathFigures figures_;
  std::uint64_t rounds_ = 0;
  double worst_share_ = 0;
  std::string worst_;  // what to say about the worst round
};

// For the connections with sockets on which no call was cut.
struct ByteFigures {
  std::uint64_t connections = 0;
  std::uint64_t calls = 0;
  std::uint64_t wire = 0;  // both ways
  std::uint64_t messages = 0;
};
// Rounds and connections are the same bytes summed in two ways, and clients have the same counts.
class ByteCheck {
 public:
  explicit ByteCheck(const Run& run);
  absl::Status Add(const RoundRows& rows);
  absl::StatusOr<ByteFigures> Finish() const;

 private:
  absl::Status CheckClients() const;

  const Run& run_;
  std::map<std::uint64_t, ledger::TrafficRecord> by_connection_;
  std::map<ClientId, TaskCost> own_;  // what each client counted, all its tasks
  std::uint64_t instructions_;        // the most that one host can have been sent
};

// Cohorts, drop-outs, folded sets, weights and means follow from seed and answers.
class SetCheck {
 public:
  explicit SetCheck(const Run& run) : run_(run) {}
  absl::Status Add(const RoundRows& rows);

 private:
  absl::Status CheckClientScore(const RoundRows& rows) const;

  const Run& run_;
  std::optional<ledger::EvaluationRecord> score_;  // by clients, for the previous round
};

// Models form a chain from round to round that ends in the file; hashes and verdict agree.
class ModelCheck {
 public:
  explicit ModelCheck(const Run& run) : run_(run) {}
  absl::Status Add(const RoundRows& rows);
  // Returns whether there was a file of the model.
  absl::StatusOr<bool> Finish() const;

 private:
  absl::Status CheckFile() const;

  const Run& run_;
  std::optional<ledger::RoundRow> last_;
};

// rounds.csv, clients.csv and health.csv match the database.
absl::Status CheckCsv(const Run& run);

}  // namespace fedround::analysis
