#include "coordinator/rpc/grpc_log.h"

#include <grpc/support/log.h>

#include "absl/strings/str_cat.h"
#include "common/base/log.h"
#include "common/base/mutex.h"

namespace fedround::coordinator {
namespace {

// There is one hook for the whole process, and it takes no context.
void WriteGrpcLine(gpr_log_func_args* args) {
  static Mutex* const mutex = new Mutex;
  static PacedLog* const log = new PacedLog(MonotonicNow());
  std::optional<std::string> line;
  {
    MutexLock lock(*mutex);
    line = log->Line(args->message, MonotonicNow());
  }
  if (!line.has_value()) return;
  const std::string text = absl::StrCat("gRPC: ", *line);
  if (args->severity == GPR_LOG_SEVERITY_ERROR) {
    LogError(text);
  } else {
    LogInfo(text);
  }
}

}  // namespace

std::optional<std::string> PacedLog::Line(absl::string_view message, Nanos now) {
  if (!budget_.Available(now)) {
    ++left_out_;
    return std::nullopt;
  }
  budget_.Spend();
  const std::string before =
      left_out_ == 0 ? "" : absl::StrCat("(", left_out_, " lines left out) ");
  left_out_ = 0;
  return absl::StrCat(before, message);
}

void BoundGrpcLog() { gpr_set_log_function(WriteGrpcLine); }

}  // namespace fedround::coordinator
