// RETURN_IF_ERROR, ASSIGN_OR_RETURN and Annotate for absl::Status, which the packaged Abseil lacks.
#pragma once

#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace fedround {

// The same error with its place in front: "runs/a/model.safetensors: ...".
inline absl::Status Annotate(absl::string_view place, const absl::Status& error) {
  return absl::Status(error.code(), absl::StrCat(place, ": ", error.message()));
}

}  // namespace fedround

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
