#include "common/ledger/trace/trace_export.h"

#include <algorithm>
#include <map>
#include <numeric>
#include <optional>
#include <span>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/base/io/file.h"
#include "common/base/named_enum.h"
#include "common/base/status_macros.h"
#include "common/ledger/store/run_reader.h"
#include "common/ledger/trace/client_clocks.h"
#include "common/ledger/trace/trace_events.h"

namespace fedround::ledger {
namespace {

constexpr std::uint64_t kCoordinator = 1;
constexpr TraceTrack kRounds{kCoordinator, 1};
constexpr TraceTrack kFolds{kCoordinator, 2};
constexpr TraceTrack kEvaluations{kCoordinator, 3};
constexpr TraceTrack kRecords{kCoordinator, 4};

// The extent of a slice as it is drawn.
struct Drawn {
  Nanos start = 0;
  Nanos end = 0;  // if not after `start`, it is not drawn
};

// The name of a client's phase; in an "evaluate" task it does not train.
absl::string_view NameOf(int phase, TaskKind task) {
  const bool scores =
      static_cast<ClientPhase>(phase) == ClientPhase::kTrain && task == TaskKind::kEvaluate;
  return scores ? "score" : kClientPhaseNames[phase];
}

std::string Milliseconds(Nanos nanos) {
  return absl::StrCat(static_cast<double>(nanos) / kNanosPerMilli);
}

class Trace {
 public:
  Trace(AtomicFile file, Nanos start) : file_(std::move(file)), start_(start) {}

  void NameRows(const std::vector<ClientRecord>& clients);
  // Call it for all tasks that will be drawn, in order, before the first of them is drawn.
  void Expect(const TaskRow& task) { clocks_.Add(task); }
  void Add(const RoundRow& round, std::span<const StepRow> steps);
  void Add(std::span<const AnswerRow> answers, std::span<const TaskRow> tasks);
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
    std::optional<Nanos> chain_end;  // of its last task, by its own clock
  };

  // Where each answer was folded.
  std::vector<Drawn> AddFolds(std::span<const AnswerRow> answers);
  void AddFold(std::span<const AnswerRow* const> pass, Drawn drawn);
  void AddTask(const TaskRow& task, const AnswerRow* answer, Drawn fold);
  // From the arrival of its instruction.
  void AddPhases(const TaskRow& task, TraceTrack track, Nanos at, const AnswerRow* answer,
                 Drawn fold);
  void AddInside(TraceTrack track, const TaskRow& task, Nanos start);
  void Join(absl::string_view name, TraceTrack from, Nanos cause, TraceTrack to, Drawn effect);

  AtomicFile file_;
  TraceEvents events_;
  const Nanos start_;  // all times in the file are since then
  std::map<ClientId, Client> clients_;
  ClientClocks clocks_;
  Nanos folds_drawn_to_ = 0;
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

void Trace::Add(const RoundRow& round, std::span<const StepRow> steps) {
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

void Trace::Add(std::span<const AnswerRow> answers, std::span<const TaskRow> tasks) {
  const std::vector<Drawn> folds = AddFolds(answers);
  for (const TaskRow& task : tasks) {
    const auto key = [](const auto& row) { return std::pair(row.client, row.step); };
    const auto answer = std::ranges::lower_bound(answers, key(task), {}, key);
    if (answer != answers.end() && key(*answer) == key(task)) {
      AddTask(task, &*answer, folds[static_cast<std::size_t>(answer - answers.begin())]);
    } else {
      AddTask(task, nullptr, {});
    }
  }
}

// One slice per pass over the accumulator, which may add several updates.
std::vector<Drawn> Trace::AddFolds(std::span<const AnswerRow> answers) {
  std::vector<const AnswerRow*> train;
  for (const AnswerRow& answer : answers) {
    if (answer.task == TaskKind::kTrain) train.push_back(&answer);
  }
  const auto times = [](const AnswerRow* row) {
    return std::tuple(row->fold_start_ns, row->folded_ns, row->client);
  };
  std::ranges::sort(train, {}, times);
  std::vector<Drawn> folds(answers.size());
  for (auto first = train.begin(); first != train.end();) {
    const auto end = std::find_if(first, train.end(), [&](const AnswerRow* row) {
      return row->fold_start_ns != (*first)->fold_start_ns || row->folded_ns != (*first)->folded_ns;
    });
    const Drawn drawn{std::max(folds_drawn_to_, (*first)->fold_start_ns - start_),
                      (*first)->folded_ns - start_};
    AddFold({first, end}, drawn);
    for (; first != end; ++first) folds[static_cast<std::size_t>(*first - answers.data())] = drawn;
  }
  return folds;
}

void Trace::AddFold(std::span<const AnswerRow* const> pass, Drawn drawn) {
  const auto client = [](std::string* text, const AnswerRow* row) {
    absl::StrAppend(text, row->client);
  };
  std::uint64_t weight = 0;
  for (const AnswerRow* row : pass) weight += row->weight;
  events_.Slice(kFolds,
                absl::StrCat(pass.size() == 1 ? "fold client " : "fold clients ",
                             absl::StrJoin(pass, ", ", client)),
                drawn.start, drawn.end, absl::StrCat("\"weight\":", weight));
  folds_drawn_to_ = std::max(folds_drawn_to_, drawn.end);
}

// When a client's offset changes, two of its tasks could overlap by the difference: then the second
// one is drawn later by that much. Nor may there be a gap in the chain.
void Trace::AddTask(const TaskRow& task, const AnswerRow* answer, Drawn fold) {
  const auto found = clients_.find(task.client);
  const std::optional<Nanos> offset = clocks_.Next(task.client);
  if (found == clients_.end() || !offset.has_value()) return;
  const TraceTrack track = found->second.track;
  Nanos& drawn_to = found->second.drawn_to;
  const bool in_chain = found->second.chain_end == task.start_ns;
  const Nanos start = task.start_ns + *offset - start_;
  const Nanos arrival = std::max(drawn_to, start + task.phase(ClientPhase::kWaitInstruction));
  const Nanos end = std::accumulate(task.phase_ns + 1, task.phase_ns + kClientPhases, arrival);
  events_.Slice(track, kClientPhaseNames[0], in_chain ? drawn_to : std::max(drawn_to, start),
                arrival);
  events_.Slice(track, absl::StrCat(NameOf(task.task), ", round ", task.round), arrival, end,
                absl::StrCat("\"round\":", task.round, ",\"task\":\"", NameOf(task.task),
                             "\",\"bytes_down\":", task.message_bytes_down,
                             ",\"bytes_up\":", task.message_bytes_up));
  AddPhases(task, track, arrival, answer, fold);
  drawn_to = end;
  found->second.chain_end = task.end_ns;
}

void Trace::AddPhases(const TaskRow& task, TraceTrack track, Nanos at, const AnswerRow* answer,
                      Drawn fold) {
  for (int i = 1; i < kClientPhases; ++i) {
    const auto phase = static_cast<ClientPhase>(i);
    const Drawn drawn{at, at + task.phase_ns[i]};
    events_.Slice(track, NameOf(i, task.task), drawn.start, drawn.end,
                  absl::StrCat("\"cpu_ms\":", Milliseconds(task.phase_cpu_ns[i])));
    if (phase == ClientPhase::kTrain) AddInside(track, task, at);
    if (phase == ClientPhase::kDownload && answer != nullptr) {
      Join("instruction", kRounds, answer->sent_ns - start_, track, drawn);
    }
    if (phase == ClientPhase::kUpload && answer != nullptr && drawn.end > drawn.start) {
      Join("update", track, drawn.start, kFolds, fold);
    }
    at = drawn.end;
  }
}

// Viewers drop an arrow that goes back in time. Two slices on two clocks may overlap although one
// is the effect of the other: then the arrow ends later in the effect's slice. If that is over by
// then, there is no arrow; this only happens if clocks contradict each other.
void Trace::Join(absl::string_view name, TraceTrack from, Nanos cause, TraceTrack to,
                 Drawn effect) {
  const Nanos end = std::max(cause, effect.start);
  if (end < effect.end) events_.Arrow(name, from, cause, to, end);
}

// What training consists of, one slice per kind of work: how long it took in total, not when.
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

struct Extent {
  std::uint32_t last = 0;  // round that is drawn
  std::uint32_t rounds = 0;
};

absl::StatusOr<Extent> AddRounds(Database& database, Trace& trace, std::uint64_t most_tasks) {
  ASSIGN_OR_RETURN(auto rounds, TableCursor<RoundRow>::Open(database));
  ASSIGN_OR_RETURN(auto steps, ByRound<StepRow>::Open(database));
  ASSIGN_OR_RETURN(auto answers, ByRound<AnswerRow>::Open(database));
  ASSIGN_OR_RETURN(auto tasks, ByRound<TaskRow>::Open(database));
  Extent extent;
  std::uint64_t drawn = 0;
  while (true) {
    ASSIGN_OR_RETURN(const bool has_row, rounds.Next());
    if (!has_row) return extent;
    ++extent.rounds;
    if (drawn > most_tasks) continue;
    const RoundRow& round = rounds.row();
    ASSIGN_OR_RETURN(const auto of_round, tasks.Take(round.round));
    drawn += of_round.size();
    if (drawn > most_tasks) continue;
    ASSIGN_OR_RETURN(const auto its_steps, steps.Take(round.round));
    ASSIGN_OR_RETURN(const auto its_answers, answers.Take(round.round));
    trace.Add(round, its_steps);
    trace.Add(its_answers, of_round);
    RETURN_IF_ERROR(trace.Flush());
    extent.last = round.round;
  }
}

// The start of the first round; in a run without rounds, when its model was scored.
absl::StatusOr<Nanos> StartOf(Database& database) {
  std::optional<Nanos> start;
  const auto take = [&start](const auto& row) {
    start = row.start_ns;
    return false;
  };
  RETURN_IF_ERROR(ForEach<RoundRow>(database, take));
  if (!start.has_value()) RETURN_IF_ERROR(ForEach<EvaluationRecord>(database, take));
  return start.value_or(0);
}

}  // namespace

absl::Status ExportTrace(Database& database, const std::string& folder, std::uint64_t most_tasks) {
  ASSIGN_OR_RETURN(AtomicFile file, AtomicFile::Create(absl::StrCat(folder, "/", kTraceFile)));
  ASSIGN_OR_RETURN(const Nanos start, StartOf(database));
  Trace trace(std::move(file), start);
  RETURN_IF_ERROR(trace.Write("{\"displayTimeUnit\":\"ms\",\"traceEvents\":["));
  ASSIGN_OR_RETURN(const auto clients, ReadAll<ClientRecord>(database));
  trace.NameRows(clients);
  std::uint64_t expected = 0;
  RETURN_IF_ERROR(ForEach<TaskRow>(database, [&](const TaskRow& task) {
    trace.Expect(task);
    return ++expected < most_tasks;
  }));
  ASSIGN_OR_RETURN(const Extent extent, AddRounds(database, trace, most_tasks));
  const auto draw = [&](const auto& row) {
    if (row.round <= extent.last) trace.Add(row);
    return true;
  };
  RETURN_IF_ERROR(ForEach<EvaluationRecord>(database, draw));
  RETURN_IF_ERROR(ForEach<FailureRecord>(database, draw));
  RETURN_IF_ERROR(trace.Flush());
  RETURN_IF_ERROR(trace.Write(absl::StrCat("\n],\"otherData\":{\"rounds\":\"1 .. ", extent.last,
                                           " of ", extent.rounds, "\"}}\n")));
  return trace.Commit();
}

}  // namespace fedround::ledger
