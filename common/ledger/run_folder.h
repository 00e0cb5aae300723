// The three JSON documents of a run folder: where the coordinator listens, how the run ended, and
// what it ran on. Files are written under a temporary name and renamed, so a reader sees a whole
// document or none.
//
// Readers trust nothing in a file. Their errors, all of which name the path:
//   NOT_FOUND           there is no such file (yet)
//   RESOURCE_EXHAUSTED  the file is larger than such a document can be
//   INVALID_ARGUMENT    not such a document; the message names the member
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/round/types.h"

namespace fedround::ledger {

// RUN/down.safetensors: the vectors that clients were sent beside the last model, if the algorithm has
// any.
inline constexpr absl::string_view kDownFile = "down.safetensors";

// RUN/endpoint.json: what a client needs to join. Mode 0600, since the token lets anyone in.
struct Endpoint {
  std::string address;  // host:port
  std::string token;
  std::string run_id;
  std::int64_t pid = 0;  // of the coordinator

  bool operator==(const Endpoint&) const = default;
};

// RUN/status.json, written last. Without it the coordinator did not end by itself.
struct RunStatus {
  RunOutcome outcome = RunOutcome::kFailed;
  std::string message;
  int exit_code = 0;  // 0 .. 255, see Verdict
  std::uint32_t rounds_done = 0;
  std::string model_sha256;  // of model.safetensors; empty if none was written
  // The newest scores on the test split, and the best; none if the run was not scored.
  std::optional<double> accuracy, loss;
  std::optional<double> best_accuracy;
  std::optional<std::uint64_t> best_round;  // the first with that accuracy
  std::optional<std::string> end_time;      // 2026-01-31T12:34:56Z
  std::optional<double> cpu_s;              // of the coordinator

  bool operator==(const RunStatus&) const = default;
};

// RUN/manifest.json: what a result depends on and what it was measured on.
struct Manifest {
  std::vector<std::string> command;  // the command line, one element per argument
  std::string version;               // of fedround
  std::string build;                 // "release" or "debug"
  std::string compiler;
  std::string start_time;  // 2026-01-31T12:34:56Z
  std::string host;
  std::string kernel;
  std::string cpu_model;
  std::uint32_t cores = 0;  // those that this process may use
  std::string simd;         // the level in use: "avx512"
  std::uint64_t memory_bytes = 0;
  std::uint64_t seed = 0;
  std::string data_hash;        // empty if the data is generated
  std::string experiment_hash;  // SHA-256 of the serialized experiment
  std::optional<std::string>
      initial_sha256;  // of the file of model.initial_weights; none: no such file
  std::uint64_t parameters = 0;
  std::vector<TensorSpec> tensors;  // their elements add up to `parameters`

  bool operator==(const Manifest&) const = default;
};

// Whether a client can show this token: printable ASCII without spaces, kMaxTokenBytes at most.
// Errors: INVALID_ARGUMENT, which does not quote it.
inline constexpr std::size_t kMaxTokenBytes = 256;
absl::Status CheckToken(absl::string_view token);

absl::Status WriteEndpoint(const std::string& folder, const Endpoint& endpoint);
absl::StatusOr<Endpoint> ReadEndpoint(const std::string& folder);

absl::Status WriteRunStatus(const std::string& folder, const RunStatus& status);
absl::StatusOr<RunStatus> ReadRunStatus(const std::string& folder);

absl::Status WriteManifest(const std::string& folder, const Manifest& manifest);
absl::StatusOr<Manifest> ReadManifest(const std::string& folder);

}  // namespace fedround::ledger
