// The asks of one step, in which client c is asked as number c + 1.
#pragma once

#include <span>

#include "common/round/types.h"
#include "coordinator/intake/upload_intake.h"

namespace fedround::testing {

inline Ask AskOf(ClientId client, ModelId model_id = 77) {
  return {.id = client + 1, .client = client, .round = 1, .model_id = model_id};
}

inline void ExpectAll(coordinator::UploadIntake& intake, std::span<const ClientId> clients,
                      ModelId model_id = 77) {
  for (const ClientId client : clients) intake.Expect(AskOf(client, model_id));
}

}  // namespace fedround::testing
