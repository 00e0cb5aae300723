// RETURN_IF_ERROR and ASSIGN_OR_RETURN for absl::Status, which the packaged Abseil lacks.
#pragma once

#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#define FEDROUND_CONCAT_INNER(a, b) a##b
#define FEDROUND_CONCAT(a, b) FEDROUND_CONCAT_INNER(a, b)

#define RETURN_IF_ERROR(expr)                           \
  do {                                                  \
    if (absl::Status status_ = (expr); !status_.ok()) { \
      return status_;                                   \
    }                                                   \
  } while (false)

#define ASSIGN_OR_RETURN(lhs, expr) \
  ASSIGN_OR_RETURN_IMPL(FEDROUND_CONCAT(status_or_, __LINE__), lhs, expr)

#define ASSIGN_OR_RETURN_IMPL(temporary, lhs, expr) \
  auto temporary = (expr);                          \
  if (!temporary.ok()) return temporary.status();   \
  lhs = std::move(temporary).value()
