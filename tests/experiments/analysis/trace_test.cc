// trace.json of a whole run, against the Trace Event Format and the ledger.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "absl/strings/str_split.h"
#include "common/ledger/store/run_reader.h"
#include "common/ledger/trace/trace_export.h"
#include "tests/experiments/analysis/synthetic_run.h"
#include "tests/support/run_ledger.h"

namespace fedround::analysis {
namespace {

using nlohmann::json;

json ReadTrace(const std::string& folder) {
  return json::parse(ReadFile(folder + "/trace.json").value());
}

std::vector<json> EventsOf(const json& trace, const std::string& kind) {
  std::vector<json> events;
  for (const json& event : trace.at("traceEvents")) {
    if (event.at("ph") == kind) events.push_back(event);
  }
  return events;
}

// The format's microseconds have three decimals: whole nanoseconds.
Nanos ToNanos(const json& micros) {
  return static_cast<Nanos>(std::llround(micros.get<double>() * 1000));
}

// What all slices of one name take on the tracks of the clients (or of the coordinator).
Nanos Total(const json& trace, const std::string& name, bool clients) {
  Nanos total = 0;
  for (const json& slice : EventsOf(trace, "X")) {
    if (slice.at("name") == name && (slice.at("pid") > 1) == clients) {
      total += ToNanos(slice.at("dur"));
    }
  }
  return total;
}

TEST(Trace, HasTheFormatsMembers) {
  const json trace = ReadTrace(WriteSyntheticRun());
  EXPECT_EQ(trace.at("displayTimeUnit"), "ms");
  EXPECT_EQ(trace.at("otherData").at("rounds"), "1 .. 4 of 4");
  for (const json& event : trace.at("traceEvents")) {
    EXPECT_TRUE(event.at("pid").is_number_unsigned());
    EXPECT_TRUE(event.at("tid").is_number_unsigned());
    EXPECT_TRUE(event.at("name").is_string());
    if (event.at("ph") != "M") {
      EXPECT_GE(event.at("ts").get<double>(), 0);
    }
    if (event.at("ph") == "X") {
      EXPECT_GT(event.at("dur").get<double>(), 0);
    }
  }
}

TEST(Trace, NamesEveryRow) {
  const json trace = ReadTrace(WriteSyntheticRun());
  std::set<std::pair<int, int>> named;
  for (const json& event : EventsOf(trace, "M")) {
    if (event.at("name") == "thread_name") named.emplace(event.at("pid"), event.at("tid"));
  }
  EXPECT_EQ(named.size(), 4U + 3U);
  for (const json& slice : EventsOf(trace, "X")) {
    EXPECT_TRUE(named.contains({slice.at("pid"), slice.at("tid")})) << slice;
  }
}

TEST(Trace, SlicesOfARowNest) {
  const json trace = ReadTrace(WriteSyntheticRun());
  struct Slice {
    Nanos start, end;
  };
  std::map<std::pair<int, int>, std::vector<Slice>> rows;
  for (const json& slice : EventsOf(trace, "X")) {
    const Nanos start = ToNanos(slice.at("ts"));
    rows[{slice.at("pid"), slice.at("tid")}].push_back({start, start + ToNanos(slice.at("dur"))});
  }
  for (auto& [row, slices] : rows) {
    std::ranges::sort(slices, [](const Slice& a, const Slice& b) {
      return a.start != b.start ? a.start < b.start : a.end > b.end;
    });
    std::vector<Nanos> open;
    for (const Slice& slice : slices) {
      while (!open.empty() && open.back() <= slice.start) open.pop_back();
      if (!open.empty()) {
        EXPECT_LE(slice.end, open.back());
      }
      open.push_back(slice.end);
    }
  }
}

TEST(Trace, SlicesAddUpToTheLedger) {
  const std::string folder = WriteSyntheticRun();
  const json trace = ReadTrace(folder);
  const ledger::RunLedger run = ledger::ReadLedger(folder).value();
  Nanos collect = 0;
  Nanos select = 0;
  for (const ledger::RoundRow& round : run.rounds) {
    collect += round.phase(ledger::RoundPhase::kCollect);
    select += round.phase(ledger::RoundPhase::kSelect);
  }
  EXPECT_EQ(Total(trace, "collect", false), collect);
  EXPECT_EQ(Total(trace, "select", false), select);
  // All but waiting, which a trace cuts off where it begins.
  for (int i = 1; i < kClientPhases; ++i) {
    Nanos sum = 0;
    for (const ledger::TaskRow& task : run.tasks) sum += task.phase_ns[i];
    Nanos drawn = Total(trace, std::string(kClientPhaseNames[i]), true);
    if (kClientPhaseNames[i] == "train") drawn += Total(trace, "score", true);
    EXPECT_EQ(drawn, sum) << kClientPhaseNames[i];
  }
  for (int i = 0; i < kStepPhases; ++i) {
    Nanos sum = 0;
    for (const ledger::TaskRow& task : run.tasks) sum += task.step_ns[i];
    EXPECT_EQ(Total(trace, absl::StrCat(kStepPhaseNames[i], " (total)"), true), sum);
  }
}

TEST(Trace, ClientsAreOnTheCoordinatorsClock) {
  const json trace = ReadTrace(WriteSyntheticRun());
  std::map<std::string, json> rounds;
  for (const json& slice : EventsOf(trace, "X")) {
    if (slice.at("pid") == 1) rounds[slice.at("name")] = slice;
  }
  for (const json& slice : EventsOf(trace, "X")) {
    if (slice.at("pid") == 1 || !slice.contains("args") || !slice["args"].contains("round"))
      continue;
    const json& round = rounds.at(absl::StrCat("round ", slice["args"]["round"].get<int>()));
    EXPECT_GT(slice.at("ts").get<double>(), round.at("ts").get<double>());
    EXPECT_LT(slice.at("ts").get<double>() + slice.at("dur").get<double>(),
              round.at("ts").get<double>() + round.at("dur").get<double>() + 1000);
  }
}

TEST(Trace, OffsetsThatDifferLeaveNoGapInAClientsRow) {
  const std::string folder = WriteSyntheticRun();
  for (const char* change : {"+ 30000", "- 30000"}) {
    ledger::Database database =
        ledger::Database::Create(ledger::LedgerPath(folder),
                                 absl::StrCat("UPDATE tasks SET clock_offset_ns = clock_offset_ns ",
                                              change, " WHERE round % 2 = 0"))
            .value();
    ASSERT_TRUE(ledger::ExportTrace(database, folder).ok());
    std::map<int, Nanos> ends;
    for (const json& slice : EventsOf(ReadTrace(folder), "X")) {
      const bool whole = slice.at("name") == "wait_instruction" ||
                         (slice.contains("args") && slice["args"].contains("task"));
      if (slice.at("pid") == 1 || !whole) continue;
      const auto [end, first] = ends.try_emplace(slice.at("tid"), 0);
      const Nanos start = ToNanos(slice.at("ts"));
      if (!first) {
        EXPECT_EQ(start, end->second) << slice;
      }
      end->second = start + ToNanos(slice.at("dur"));
    }
  }
}

// A slice of the arrow's row that is there at the arrow's time.
bool IsAt(const json& arrow, const json& slice) {
  const Nanos at = ToNanos(arrow.at("ts"));
  const Nanos start = ToNanos(slice.at("ts"));
  return slice.at("pid") == arrow.at("pid") && slice.at("tid") == arrow.at("tid") && start <= at &&
         at < start + ToNanos(slice.at("dur"));
}

// Whether a fold's slice ("fold clients 1, 12") is of the client.
bool IsFoldOf(const std::string& name, int client) {
  const std::vector<std::string> words = absl::StrSplit(name, absl::ByAnyChar(" ,"));
  return words[0] == "fold" && std::ranges::count(words, absl::StrCat(client)) == 1;
}

// Returns how many arrows there are, each of which goes forward in time, from a slice to one that
// is its effect.
std::size_t CheckArrows(const json& trace) {
  std::map<std::pair<int, int>, std::vector<json>> rows;
  for (const json& slice : EventsOf(trace, "X")) {
    rows[{slice.at("pid"), slice.at("tid")}].push_back(slice);
  }
  std::map<int, json> starts;
  for (const json& start : EventsOf(trace, "s")) starts[start.at("id")] = start;
  const std::vector<json> ends = EventsOf(trace, "f");
  EXPECT_EQ(ends.size(), starts.size());
  const auto any = [&](const json& arrow, const auto& is) {
    return std::ranges::any_of(rows[{arrow.at("pid"), arrow.at("tid")}], [&](const json& slice) {
      return IsAt(arrow, slice) && is(slice.at("name"));
    });
  };
  const auto is_called = [](const std::string& name) {
    return [name](const std::string& slice) { return slice == name; };
  };
  for (const json& end : ends) {
    const json& start = starts.at(end.at("id"));
    EXPECT_LE(ToNanos(start.at("ts")), ToNanos(end.at("ts"))) << start << end;
    if (end.at("name") == "instruction") {
      EXPECT_TRUE(any(start, is_called("broadcast")) || any(start, is_called("collect"))) << start;
      EXPECT_TRUE(any(end, is_called("download"))) << end;
    } else {
      const int client = start.at("tid").get<int>() - 1;
      EXPECT_TRUE(any(start, is_called("upload"))) << start;
      EXPECT_TRUE(any(end, [&](const std::string& name) { return IsFoldOf(name, client); })) << end;
    }
  }
  return ends.size();
}

TEST(Trace, EveryArrowGoesForwardFromASliceToItsEffect) {
  const json trace = ReadTrace(WriteSyntheticRun());
  EXPECT_EQ(CheckArrows(trace), 24U + 12U);  // an instruction a task, a fold an update
}

void Change(const std::string& folder, const std::string& sql) {
  ledger::Database database = ledger::Database::Create(ledger::LedgerPath(folder), sql).value();
  ASSERT_TRUE(ledger::ExportTrace(database, folder).ok());
}

// Estimates as the coordinator has them: from stamps, of which each keeps the order of cause and
// effect with the others of its task, however far it is from the truth.
std::string EstimateOffsets(Rng& rng) {
  const auto share = [&rng](absl::string_view of) {
    return absl::StrCat(of, " * ((round * 7919 + client * 104729 + step * 1299709 + ",
                        rng.Below(1'000'000), ") * 15485863 % 1000) / 1000");
  };
  return absl::StrCat(
      "CREATE TEMP TABLE slacks AS SELECT round, client, step, 7000000000 * (client + 1) AS "
      "truth, min(start_ns + wait_instruction_ns - sent_ns, end_ns - accepted_ns) AS down, "
      "received_ns - end_ns + upload_ns AS up FROM tasks JOIN answers USING (round, client, "
      "step);"
      "CREATE TEMP TABLE bounds AS SELECT round, client, step, truth - ",
      share("(down + truth)"), " AS least, truth + ", share("(up - truth)"),
      " AS most FROM slacks;"
      "UPDATE tasks SET clock_offset_ns = (least + most) / 2, clock_bound_ns = (most - least + 1) "
      "/ "
      "2 FROM bounds WHERE tasks.round = bounds.round AND tasks.client = bounds.client AND "
      "tasks.step = bounds.step");
}

TEST(Trace, EveryArrowGoesForwardHoweverFarOffItsEstimatesAre) {
  Rng rng(4, RngPurpose::kSyntheticData);
  for (int trial = 0; trial < 30; ++trial) {
    const std::string folder =
        WriteSyntheticRun({.rounds = 6, .uneven = true, .seed = rng.NextUint32()});
    Change(folder, EstimateOffsets(rng));
    EXPECT_EQ(CheckArrows(ReadTrace(folder)), 36U + 18U) << trial;
  }
}

TEST(Trace, OfAClockThatDriftsNoArrowGoesBack) {
  for (const Nanos drift : {-3'000'000, 3'000'000}) {  // a round
    const std::string folder = WriteSyntheticRun({.rounds = 6});
    Change(folder, absl::StrCat("UPDATE tasks SET clock_offset_ns = clock_offset_ns + ", drift,
                                " * round"));
    EXPECT_GE(CheckArrows(ReadTrace(folder)), 6U);
  }
}

TEST(Trace, UpdatesOfOnePassEndAtItsOneSlice) {
  const std::string folder = WriteSyntheticRun({.rounds = 2, .clients = 12, .federated = false});
  Change(folder,
         "UPDATE answers SET fold_start_ns = (SELECT max(fold_start_ns) FROM answers AS a WHERE "
         "a.round = answers.round AND a.client / 4 = answers.client / 4), folded_ns = (SELECT "
         "max(folded_ns) FROM answers AS a WHERE a.round = answers.round AND a.client / 4 = "
         "answers.client / 4)");
  const json trace = ReadTrace(folder);
  EXPECT_EQ(CheckArrows(trace), 24U + 24U);
  int folds = 0;
  for (const json& slice : EventsOf(trace, "X")) {
    if (slice.at("name") == "fold clients 4, 5, 6, 7") {
      ++folds;
      EXPECT_EQ(slice.at("args").at("weight"), 64 + 65 + 66 + 67);
    }
  }
  EXPECT_EQ(folds, 2);
}

TEST(Trace, LeavesOutAClientWhoseClockIsNotKnown) {
  const std::string folder = WriteSyntheticRun({.federated = false});
  Change(folder,
         "UPDATE tasks SET clock_offset_ns = NULL, clock_bound_ns = NULL WHERE client = 1 OR "
         "client = 2 AND round = 2");
  const json trace = ReadTrace(folder);
  EXPECT_EQ(CheckArrows(trace), 2 * 8U);  // client 2's round 2 is where its other rounds are
  for (const json& slice : EventsOf(trace, "X")) {
    EXPECT_FALSE(slice.at("pid") > 1 && slice.at("tid") == 1 + 1) << slice;
  }
}

TEST(Trace, OfMoreTasksThanItMayHoldHasTheFirstRounds) {
  const std::string folder = WriteSyntheticRun();
  ledger::Database database = ledger::OpenLedger(folder).value();
  ASSERT_TRUE(ledger::ExportTrace(database, folder, 13).ok());  // six tasks per round
  const json trace = ReadTrace(folder);
  EXPECT_EQ(trace.at("otherData").at("rounds"), "1 .. 2 of 4");
  EXPECT_EQ(Total(trace, "round 2", false) > 0, true);
  EXPECT_EQ(Total(trace, "round 3", false), 0);
}

TEST(Trace, OfARunWithoutRoundsHasItsEvaluationOnly) {
  const json trace = ReadTrace(WriteSyntheticRun({.rounds = 0}));
  EXPECT_EQ(EventsOf(trace, "X").size(), 1U);
}

}  // namespace
}  // namespace fedround::analysis
