// The exit codes of our programs. The numbers are part of the interface.
#pragma once

#include "absl/status/status.h"

namespace fedround::exit_code {

inline constexpr int kDone = 0;
inline constexpr int kRunFailed = 1;
inline constexpr int kUsage = 2;  // a wrong option or a wrong configuration
inline constexpr int kData = 3;   // data missing or damaged
inline constexpr int kTooFewClients = 4;
inline constexpr int kEnvironment = 7;  // a port in use, a permission, another version

// 130 for SIGINT, 143 for SIGTERM, as in shells.
constexpr int OfSignal(int signal) { return 128 + signal; }

// The code for an error before anything ran.
inline int Of(const absl::Status& error) {
  switch (error.code()) {
    case absl::StatusCode::kOk:
      return kDone;
    case absl::StatusCode::kInvalidArgument:
    case absl::StatusCode::kAlreadyExists:
      return kUsage;
    case absl::StatusCode::kNotFound:
    case absl::StatusCode::kDataLoss:
      return kData;
    default:
      return kEnvironment;
  }
}

}  // namespace fedround::exit_code
