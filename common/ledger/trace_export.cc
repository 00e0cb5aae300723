#include "common/ledger/trace_export.h"

#include <algorithm>
#include <map>
#include <numeric>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/file.h"
#include "common/base/status_macros.h"
#include "common/ledger/run_reader.h"
#include "common/ledger/trace_events.h"

namespace fedround::ledger {
namespace {

constexpr std::uint64_t kCoordinator = 1;
constexpr TraceTrack kRounds{kCoordinator, 1};
constexpr TraceTrack kFolds{kCoordinator, 2};
constexpr TraceTrack kEvaluations{kCoordinator, 3};
constexpr TraceTrack kRecords{kCoordinator, 4};

// The rows of a table that is ordered by round, a round at a time.
template <typename Row>
class ByRound {
 public:
  static absl::StatusOr<ByRound> Open(Database& database) {
    ASSIGN_OR_RETURN(TableCursor<Row> cursor, TableCursor<Row>::Open(database));
    ASSIGN_OR_RETURN(const bool more, cursor.Next());
    return ByRound(std::move(cursor), more);
  }

  // Rounds must be asked for in ascending order.
  absl::StatusOr<std::vector<Row>> Take(std::uint32_t round) {
    std::vector<Row> rows;
    while (more_ && cursor_.row().round <= round) {
      if (cursor_.row().round == round) rows.push_back(cursor_.row());
      ASSIGN_OR_RETURN(more_, cursor_.Next());
    }
    return rows;
  }

 private:
  ByRound(TableCursor<Row> cursor, bool more) : cursor_(std::move(cursor)), more_(more) {}

  TableCursor<Row> cursor_;
  bool more_;
};

// What a client does in a phase; for an "evaluate" task it does not train.
absl::string_view NameOf(int phase, TaskKind task) {
  const bool scores =
      static_cast<ClientPhase>(phase) == ClientPhase::kTrain && task == TaskKind::kEvaluate;
  return scores ? "score" : kClientPhaseNames[phase];
}

absl::string_view NameOf(TaskKind task) {
  return task == TaskKind::kEvaluate ? "evaluate" : "train";
}

std::string Milliseconds(Nanos nanos) {
  return absl::StrCat(static_cast<double>(nanos) / kNanosPerMilli);
}

class Trace {
 public:
  Trace(AtomicFile file, Nanos start) : file_(std::move(file)), start_(start) {}

  void NameRows(const std::vector<ClientRecord>& clients);
  void Add(const RoundRow& round, const std::vector<StepRow>& steps);
  void Add(std::vector<AnswerRow> answers, const std::vector<TaskRow>& tasks);
  void Add(const EvaluationRecord& evaluation);
  void Add(const FailureRecord& failure);

  absl::Status Write(absl::string_view text) { return file_.Append(text); }
  absl::Status Flush() {
    RETURN_IF_ERROR(file_.Append(events_.text()));
    events_.text().clear();
    return absl::OkStatus();
  }
  absl::Status Commit() { return file_.Commit(); }

 private:
  struct Client {
    TraceTrack track;
    Nanos drawn_to = 0;              // no slice of it may begin before
    std::optional<Nanos> chain_end;  // of its last task, its own clock
  };

  void AddTask(const TaskRow& task, const AnswerRow* answer);
  void AddInside(TraceTrack track, const TaskRow& task, Nanos start);

  AtomicFile file_;
  TraceEvents events_;
  const Nanos start_;  // all times in the file are since then
  std::map<ClientId, Client> clients_;
};

void Trace::NameRows(const std::vector<ClientRecord>& clients) {
  events_.NameProcess(kCoordinator, "coordinator");
  events_.NameThread(kRounds, "rounds");
  events_.NameThread(kFolds, "fold");
  events_.NameThread(kEvaluations, "evaluate");
  events_.NameThread(kRecords, "record");
  std::map<std::pair<std::string, std::int64_t>, std::uint64_t> hosts;
  for (const ClientRecord& client : clients) {
    const auto [host, added] =
        hosts.try_emplace({client.host, client.pid}, kCoordinator + 1 + hosts.size());
    if (added) {
      events_.NameProcess(host->second,
                          absl::StrCat("clients on ", client.host, ", process ", client.pid));
    }
    const TraceTrack track{host->second, client.client + 1};
    events_.NameThread(track, absl::StrCat("client ", client.client));
    clients_[client.client] = {.track = track};
  }
}

void Trace::Add(const RoundRow& round, const std::vector<StepRow>& steps) {
  Nanos at = round.start_ns - start_;
  events_.Slice(kRounds, absl::StrCat("round ", round.round), at,
                std::accumulate(round.phase_ns, round.phase_ns + kRoundPhases, at),
                absl::StrCat("\"cohort\":", round.cohort_size, ",\"folded\":", round.folded_count,
                             ",\"wire_bytes_down\":", round.wire_bytes_down,
                             ",\"wire_bytes_up\":", round.wire_bytes_up));
  events_.Slice(kRecords, absl::StrCat("record round ", round.round - 1), at, at + round.record_ns);
  const auto phase = [&](RoundPhase which) {
    const int i = static_cast<int>(which);
    events_.Slice(kRounds, kRoundPhaseNames[i], at, at + round.phase_ns[i],
                  absl::StrCat("\"cpu_ms\":", Milliseconds(round.phase_cpu_ns[i])));
    at += round.phase_ns[i];
  };
  phase(RoundPhase::kIdle);
  phase(RoundPhase::kSelect);
  for (const StepRow& step : steps) {
    const std::string task = absl::StrCat("\"task\":\"", NameOf(step.task), "\"");
    events_.Slice(kRounds, "broadcast", at, at + step.broadcast_ns, task);
    at += step.broadcast_ns;
    events_.Slice(kRounds, "collect", at, at + step.collect_ns, task);
    at += step.collect_ns;
  }
  phase(RoundPhase::kWaitEvaluation);
  phase(RoundPhase::kCommit);
}

void Trace::Add(std::vector<AnswerRow> answers, const std::vector<TaskRow>& tasks) {
  for (const TaskRow& task : tasks) {
    const auto key = [](const auto& row) { return std::pair(row.client, row.attempt); };
    const auto answer = std::ranges::lower_bound(answers, key(task), {}, key);
    const bool accepted = answer != answers.end() && key(*answer) == key(task);
    AddTask(task, accepted ? &*answer : nullptr);
  }
  std::ranges::sort(answers, {}, &AnswerRow::fold_start_ns);
  Nanos drawn_to = 0;
  for (const AnswerRow& answer : answers) {
    if (answer.task != TaskKind::kTrain) continue;
    const Nanos end = answer.folded_ns - start_;
    events_.Slice(kFolds, absl::StrCat("fold client ", answer.client),
                  std::max(drawn_to, answer.fold_start_ns - start_), end,
                  absl::StrCat("\"weight\":", answer.weight));
    drawn_to = std::max(drawn_to, end);
  }
}

// Each task's offset is an estimate of its own, so two tasks could overlap by what the estimates
// differ: the second one is then drawn later by that much. Nor may they leave a gap in the chain.
void Trace::AddTask(const TaskRow& task, const AnswerRow* answer) {
  const auto found = clients_.find(task.client);
  if (found == clients_.end()) return;
  const TraceTrack track = found->second.track;
  Nanos& drawn_to = found->second.drawn_to;
  const bool in_chain = found->second.chain_end == task.start_ns;
  const Nanos start = task.start_ns + task.clock_offset_ns.value_or(0) - start_;
  const Nanos arrival = std::max(drawn_to, start + task.phase(ClientPhase::kWaitInstruction));
  const Nanos end = std::accumulate(task.phase_ns + 1, task.phase_ns + kClientPhases, arrival);
  events_.Slice(track, kClientPhaseNames[0], in_chain ? drawn_to : std::max(drawn_to, start),
                arrival);
  events_.Slice(track, absl::StrCat(NameOf(task.task), ", round ", task.round), arrival, end,
                absl::StrCat("\"round\":", task.round, ",\"task\":\"", NameOf(task.task),
                             "\",\"bytes_down\":", task.message_bytes_down,
                             ",\"bytes_up\":", task.message_bytes_up));
  Nanos at = arrival;
  for (int i = 1; i < kClientPhases; ++i) {
    events_.Slice(track, NameOf(i, task.task), at, at + task.phase_ns[i],
                  absl::StrCat("\"cpu_ms\":", Milliseconds(task.phase_cpu_ns[i])));
    const bool visible = task.phase_ns[i] > 0 && answer != nullptr;
    if (static_cast<ClientPhase>(i) == ClientPhase::kTrain) AddInside(track, task, at);
    if (static_cast<ClientPhase>(i) == ClientPhase::kDownload && visible) {
      events_.Arrow("instruction", kRounds, answer->sent_ns - start_, track, at);
    }
    if (static_cast<ClientPhase>(i) == ClientPhase::kUpload && visible &&
        answer->folded_ns > answer->fold_start_ns) {
      events_.Arrow("update", track, at, kFolds, answer->fold_start_ns - start_);
    }
    at += task.phase_ns[i];
  }
  drawn_to = end;
  found->second.chain_end = task.end_ns;
}

// What training consists of, a slice a kind of work: how long it took in all, not when.
void Trace::AddInside(TraceTrack track, const TaskRow& task, Nanos start) {
  const Nanos sum = std::accumulate(task.step_ns, task.step_ns + kStepPhases, Nanos{0});
  if (sum != task.phase(ClientPhase::kTrain)) return;
  for (int i = 0; i < kStepPhases; ++i) {
    events_.Slice(track, absl::StrCat(kStepPhaseNames[i], " (total)"), start,
                  start + task.step_ns[i]);
    start += task.step_ns[i];
  }
}

void Trace::Add(const EvaluationRecord& evaluation) {
  if (evaluation.start_ns == 0) return;  // the clients' own
  const Nanos start = evaluation.start_ns - start_;
  events_.Slice(kEvaluations,
                absl::StrCat(evaluation.examples_of, " after round ", evaluation.round), start,
                start + evaluation.wall_ns, absl::StrCat("\"examples\":", evaluation.examples));
}

void Trace::Add(const FailureRecord& failure) {
  events_.Instant(kRounds,
                  absl::StrCat("client ", failure.client, " ", failure.what, ": ", failure.message),
                  failure.at_ns - start_);
}

template <typename Row>
absl::StatusOr<std::vector<Row>> ReadAll(Database& database) {
  ASSIGN_OR_RETURN(TableCursor<Row> cursor, TableCursor<Row>::Open(database));
  std::vector<Row> rows;
  while (true) {
    ASSIGN_OR_RETURN(const bool has_row, cursor.Next());
    if (!has_row) return rows;
    rows.push_back(cursor.row());
  }
}

// Returns the last round that was written.
absl::StatusOr<std::uint32_t> AddRounds(Database& database, Trace& trace,
                                        const std::vector<RoundRow>& rounds,
                                        std::uint64_t most_tasks) {
  ASSIGN_OR_RETURN(auto steps, ByRound<StepRow>::Open(database));
  ASSIGN_OR_RETURN(auto answers, ByRound<AnswerRow>::Open(database));
  ASSIGN_OR_RETURN(auto tasks, ByRound<TaskRow>::Open(database));
  std::uint32_t last = 0;
  std::uint64_t written = 0;
  for (const RoundRow& round : rounds) {
    ASSIGN_OR_RETURN(const std::vector<TaskRow> of_round, tasks.Take(round.round));
    written += of_round.size();
    if (written > most_tasks) break;
    ASSIGN_OR_RETURN(const std::vector<StepRow> its_steps, steps.Take(round.round));
    ASSIGN_OR_RETURN(std::vector<AnswerRow> its_answers, answers.Take(round.round));
    trace.Add(round, its_steps);
    trace.Add(std::move(its_answers), of_round);
    RETURN_IF_ERROR(trace.Flush());
    last = round.round;
  }
  return last;
}

// Where the first round begins; of a run without any, where its model was scored.
Nanos StartOf(const std::vector<RoundRow>& rounds,
              const std::vector<EvaluationRecord>& evaluations) {
  if (!rounds.empty()) return rounds.front().start_ns;
  return evaluations.empty() ? 0 : evaluations.front().start_ns;
}

}  // namespace

absl::Status ExportTrace(Database& database, const std::string& folder, std::uint64_t most_tasks) {
  ASSIGN_OR_RETURN(const std::vector<RoundRow> rounds, ReadAll<RoundRow>(database));
  ASSIGN_OR_RETURN(const std::vector<ClientRecord> clients, ReadAll<ClientRecord>(database));
  ASSIGN_OR_RETURN(AtomicFile file, AtomicFile::Create(absl::StrCat(folder, "/", kTraceFile)));
  ASSIGN_OR_RETURN(const auto evaluations, ReadAll<EvaluationRecord>(database));
  Trace trace(std::move(file), StartOf(rounds, evaluations));
  RETURN_IF_ERROR(trace.Write("{\"displayTimeUnit\":\"ms\",\"traceEvents\":["));
  trace.NameRows(clients);
  ASSIGN_OR_RETURN(const std::uint32_t last, AddRounds(database, trace, rounds, most_tasks));
  for (const EvaluationRecord& evaluation : evaluations) {
    if (evaluation.round <= last) trace.Add(evaluation);
  }
  ASSIGN_OR_RETURN(const auto failures, ReadAll<FailureRecord>(database));
  for (const FailureRecord& failure : failures) {
    if (failure.round <= last) trace.Add(failure);
  }
  RETURN_IF_ERROR(trace.Flush());
  RETURN_IF_ERROR(trace.Write(absl::StrCat("\n],\"otherData\":{\"rounds\":\"1 .. ", last, " of ",
                                           rounds.size(), "\"}}\n")));
  return trace.Commit();
}

}  // namespace fedround::ledger
