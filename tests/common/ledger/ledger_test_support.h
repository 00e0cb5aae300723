// Shared by the ledger's tests: folders, a small run, and files read back.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/base/io/file.h"
#include "common/base/rng.h"
#include "common/ledger/modelled_time.h"
#include "common/ledger/store/run_recorder.h"
#include "common/ledger/store/sqlite.h"

namespace fedround::ledger {

// An empty folder of the running test's own.
inline std::string TestFolder() {
  const auto* test = ::testing::UnitTest::GetInstance()->current_test_info();
  std::string name = absl::StrCat(test->test_suite_name(), ".", test->name());
  for (char& c : name) c = c == '/' ? '_' : c;
  const std::string folder =
      absl::StrCat(::testing::TempDir(), "/fedround_ledger_", getpid(), "/", name);
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder);
  return folder;
}

inline AnswerRow SampleAnswer(std::uint32_t round, ClientId client, std::uint64_t weight,
                              Metrics metrics) {
  return {.round = round,
          .client = client,
          .weight = weight,
          .metrics = std::move(metrics),
          .sent_ns = 101,
          .received_ns = 102,
          .accepted_ns = 103,
          .fold_start_ns = 104,
          .folded_ns = 105};
}

// Round `round` with clients 3 and 5 folded, 7 late and 8 dropped. Every number differs from the
// others. Phases of 1, 2, 4, ... s, so that every subset has a sum of its own.
inline RoundRecord SampleRound(std::uint32_t round) {
  RoundRecord record;
  record.round = round;
  record.cohort = {3, 5, 7, 8};
  record.dropped = {8};
  record.steps = {{.round = round, .start_ns = 91, .broadcast_ns = 92, .collect_ns = 93}};
  record.folded = {SampleAnswer(round, 3, 100, {{"train_loss", 0.1}}),
                   SampleAnswer(round, 5, 50, {{"train_loss", 0.7}, {"steps", 5}})};
  record.folded[1].health = {{"activation1", "dead", 0.25}, {"update", "zeros_by_input", 0.5}};
  record.total_weight = 150;
  record.model_before = 0x0123456789abcdef;
  record.model_after = 0xfedcba9876543210;
  record.train_loss = 0.3;
  record.start_ns = 77;
  for (int i = 0; i < kRoundPhases; ++i) {
    record.phase_ns[i] = kNanosPerSecond << i;
    record.phase_cpu_ns[i] = 31 + i;
  }
  record.fold_ns = 500'000'000;
  record.fold_cpu_ns = 41;
  record.record_ns = 42;
  record.involuntary_switches = 43;
  record.steal_ns = 44;
  record.probe_ns = 45;
  record.payload_bytes_down = 11;
  record.payload_bytes_up = 12;
  record.message_bytes_down = 13;
  record.message_bytes_up = 14;
  record.wire_bytes_down = 1015;
  record.wire_bytes_up = 1016;
  record.retransmitted_bytes_down = 17;
  return record;
}

// Phases of 1, 2, 4, ... times `unit_ns`, so that every subset has a sum of its own.
inline TaskRow SampleTask(std::uint32_t round, ClientId client, Nanos unit_ns) {
  TaskRow task;
  task.round = round;
  task.client = client;
  task.start_ns = 61;
  task.end_ns = 61 + unit_ns * ((1 << kClientPhases) - 1);
  for (int i = 0; i < kClientPhases; ++i) {
    task.phase_ns[i] = unit_ns << i;
    task.phase_cpu_ns[i] = 71 + i;
  }
  for (int i = 0; i < kStepPhases; ++i) task.step_ns[i] = 81 + i;
  task.steps = 60;
  task.sampled_steps = 8;
  task.involuntary_switches = 9;
  task.payload_bytes_down = 21;
  task.payload_bytes_up = 22;
  task.message_bytes_down = 23;
  task.message_bytes_up = 24;
  task.ask = 25;
  task.device_ns = DeviceTime(task);
  task.clock_offset_ns = -5;
  task.clock_bound_ns = 6;
  return task;
}

// The rows of a query as CSV lines, without its header.
inline std::vector<std::string> Query(const std::string& folder, absl::string_view sql) {
  auto database = Database::OpenUntrusted(folder + "/ledger.sqlite");
  EXPECT_TRUE(database.ok()) << database.status();
  auto rows = database->Prepare(sql);
  EXPECT_TRUE(rows.ok()) << rows.status();
  std::vector<std::string> lines;
  while (rows->Next().value()) {
    std::string line;
    for (int i = 0; i < rows->columns(); ++i) {
      if (i > 0) line += ',';
      rows->AppendTo(line, i);
    }
    lines.push_back(line);
  }
  return lines;
}

// A CSV file as one map per line, from column to text.
inline std::vector<std::map<std::string, std::string>> ReadCsv(const std::string& path) {
  std::vector<std::string> lines = absl::StrSplit(ReadFile(path).value(), '\n');
  EXPECT_EQ(lines.back(), "");
  lines.pop_back();
  const std::vector<std::string> header = absl::StrSplit(lines.at(0), ',');
  std::vector<std::map<std::string, std::string>> rows;
  for (std::size_t i = 1; i < lines.size(); ++i) {
    const std::vector<std::string> fields = absl::StrSplit(lines[i], ',');
    EXPECT_EQ(fields.size(), header.size()) << lines[i];
    auto& row = rows.emplace_back();
    for (std::size_t j = 0; j < header.size(); ++j) row[header[j]] = fields.at(j);
  }
  return rows;
}

// `original` with one to three of its bytes replaced.
inline std::string Mutated(std::string original, Rng& rng) {
  const std::uint32_t changes = 1 + rng.Below(3);
  for (std::uint32_t i = 0; i < changes; ++i) {
    original[rng.Below(static_cast<std::uint32_t>(original.size()))] =
        static_cast<char>(rng.Below(256));
  }
  return original;
}

}  // namespace fedround::ledger
