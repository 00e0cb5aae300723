#include "common/ledger/run_folder.h"

#include <algorithm>
#include <cctype>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "common/base/io/file.h"
#include "common/base/io/host_port.h"
#include "common/base/status_macros.h"
#include "common/ledger/json_members.h"

namespace fedround::ledger {
namespace {

constexpr std::uint64_t kLargestDocument = 4 << 20;  // a manifest holds command line and tensors

template <typename Json>
void Members(Json& json, Endpoint& endpoint) {
  json.Member("address", endpoint.address);
  json.Member("token", endpoint.token);
  json.Member("run_id", endpoint.run_id);
  json.Member("pid", endpoint.pid);
}

template <typename Json>
void Members(Json& json, RunStatus& status) {
  json.Member("outcome", status.outcome);
  json.Member("message", status.message);
  json.Member("exit_code", status.exit_code);
  json.Member("rounds_done", status.rounds_done);
  json.Member("model_sha256", status.model_sha256);
  json.Member("accuracy", status.accuracy);
  json.Member("loss", status.loss);
  json.Member("best_accuracy", status.best_accuracy);
  json.Member("best_round", status.best_round);
  json.Member("end_time", status.end_time);
  json.Member("cpu_s", status.cpu_s);
}

template <typename Json>
void Members(Json& json, Manifest& manifest) {
  json.Member("command", manifest.command);
  json.Member("version", manifest.version);
  json.Member("build", manifest.build);
  json.Member("compiler", manifest.compiler);
  json.Member("start_time", manifest.start_time);
  json.Member("host", manifest.host);
  json.Member("kernel", manifest.kernel);
  json.Member("cpu_model", manifest.cpu_model);
  json.Member("cores", manifest.cores);
  json.Member("simd", manifest.simd);
  json.Member("memory_bytes", manifest.memory_bytes);
  json.Member("seed", manifest.seed);
  json.Member("data_hash", manifest.data_hash);
  json.Member("experiment_hash", manifest.experiment_hash);
  json.Member("initial_sha256", manifest.initial_sha256);
  json.Member("parameters", manifest.parameters);
  json.Member("tensors", manifest.tensors);
}

absl::Status MemberError(absl::string_view member, const std::string& value,
                         absl::string_view must) {
  return absl::InvalidArgumentError(
      absl::StrCat("\"", member, "\" is \"", value, "\": must be ", must));
}

bool IsSha256(absl::string_view text) {
  return text.size() == 64 && std::ranges::all_of(text, [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
         });
}

// 2026-01-31T12:34:56Z
bool IsUtcTime(absl::string_view text) {
  constexpr absl::string_view kForm = "dddd-dd-ddTdd:dd:ddZ";
  return std::ranges::equal(text, kForm, [](char c, char form) {
    return form == 'd' ? std::isdigit(static_cast<unsigned char>(c)) != 0 : c == form;
  });
}

// Whether the elements of `specs` add up to `parameters`, without trusting any product to fit.
bool AddUpTo(const std::vector<TensorSpec>& specs, std::uint64_t parameters) {
  std::uint64_t sum = 0;
  for (const TensorSpec& spec : specs) {
    std::uint64_t elements = 1;
    for (const std::int64_t extent : spec.shape) {
      if (__builtin_mul_overflow(elements, static_cast<std::uint64_t>(extent), &elements)) {
        return false;
      }
    }
    if (__builtin_add_overflow(sum, elements, &sum)) return false;
  }
  return sum == parameters;
}

absl::Status Check(const Endpoint& endpoint) {
  if (!ParseHostPort(endpoint.address).ok()) {
    return MemberError("address", endpoint.address, "host:port");
  }
  if (!CheckToken(endpoint.token).ok()) return MemberError("token", "...", "the run's token");
  if (endpoint.run_id.empty()) return MemberError("run_id", "", "the run's id");
  if (endpoint.pid <= 0) return MemberError("pid", absl::StrCat(endpoint.pid), "> 0");
  return absl::OkStatus();
}

absl::Status Check(const RunStatus& status) {
  if (status.exit_code < 0 || status.exit_code > 255) {
    return MemberError("exit_code", absl::StrCat(status.exit_code), "0 .. 255");
  }
  if (!status.model_sha256.empty() && !IsSha256(status.model_sha256)) {
    return MemberError("model_sha256", status.model_sha256, "64 hexadecimal digits or empty");
  }
  if (status.end_time.has_value() && !IsUtcTime(*status.end_time)) {
    return MemberError("end_time", *status.end_time, "like 2026-01-31T12:34:56Z");
  }
  return absl::OkStatus();
}

absl::Status Check(const Manifest& manifest) {
  if (!IsUtcTime(manifest.start_time)) {
    return MemberError("start_time", manifest.start_time, "like 2026-01-31T12:34:56Z");
  }
  if (!IsSha256(manifest.experiment_hash)) {
    return MemberError("experiment_hash", manifest.experiment_hash, "64 hexadecimal digits");
  }
  if (manifest.initial_sha256.has_value() && !IsSha256(*manifest.initial_sha256)) {
    return MemberError("initial_sha256", *manifest.initial_sha256, "64 hexadecimal digits");
  }
  if (!AddUpTo(manifest.tensors, manifest.parameters)) {
    return MemberError("parameters", absl::StrCat(manifest.parameters),
                       "the sum of the tensors' elements");
  }
  return absl::OkStatus();
}

// By value, since Members serves the reader too.
template <typename Document>
absl::Status Write(const std::string& path, Document document, unsigned mode) {
  JsonWriter json;
  Members(json, document);
  return WriteFileAtomically(path, json.Indented(), mode);
}

template <typename Document>
absl::StatusOr<Document> Parse(absl::string_view text) {
  ASSIGN_OR_RETURN(JsonReader json, JsonReader::Parse(text));
  Document document;
  Members(json, document);
  RETURN_IF_ERROR(std::move(json).Finish());
  RETURN_IF_ERROR(Check(document));
  return document;
}

template <typename Document>
absl::StatusOr<Document> Read(const std::string& path) {
  ASSIGN_OR_RETURN(const std::string text, ReadFile(path, kLargestDocument));
  absl::StatusOr<Document> document = Parse<Document>(text);
  if (!document.ok()) return Annotate(path, document.status());
  return document;
}

std::string EndpointPath(const std::string& folder) { return folder + "/endpoint.json"; }
std::string StatusPath(const std::string& folder) { return folder + "/status.json"; }
std::string ManifestPath(const std::string& folder) { return folder + "/manifest.json"; }

}  // namespace

absl::Status CheckToken(absl::string_view token) {
  if (token.empty() || token.size() > kMaxTokenBytes) {
    return absl::InvalidArgumentError(absl::StrCat("the run's token has ", token.size(),
                                                   " bytes: must be 1 to ", kMaxTokenBytes));
  }
  const auto bad = std::ranges::find_if_not(token, absl::ascii_isgraph);
  if (bad != token.end()) {
    return absl::InvalidArgumentError(absl::StrCat(
        "byte ", bad - token.begin() + 1, " of ", token.size(),
        " of the run's token is a space, a line end or not ASCII: copy it exactly from the "
        "run's endpoint.json"));
  }
  return absl::OkStatus();
}

absl::Status WriteEndpoint(const std::string& folder, const Endpoint& endpoint) {
  return Write(EndpointPath(folder), endpoint, 0600);
}
absl::StatusOr<Endpoint> ReadEndpoint(const std::string& folder) {
  return Read<Endpoint>(EndpointPath(folder));
}

absl::Status WriteRunStatus(const std::string& folder, const RunStatus& status) {
  return Write(StatusPath(folder), status, 0644);
}
absl::StatusOr<RunStatus> ReadRunStatus(const std::string& folder) {
  return Read<RunStatus>(StatusPath(folder));
}

absl::Status WriteManifest(const std::string& folder, const Manifest& manifest) {
  return Write(ManifestPath(folder), manifest, 0644);
}
absl::StatusOr<Manifest> ReadManifest(const std::string& folder) {
  return Read<Manifest>(ManifestPath(folder));
}

}  // namespace fedround::ledger
