#include "client/host_identity.h"

#include <unistd.h>

#include <string>
#include <utility>

#include "common/base/cpu/simd.h"
#include "common/base/named_enum.h"

namespace fedround::client {

JoinRequest MakeJoinRequest(std::vector<ClientId> clients) {
  char name[256] = {};
  gethostname(name, sizeof(name) - 1);
  return {.host = name,
          .build = FEDROUND_VERSION,
          .simd = std::string(NameOf(BestSimdLevel())),
          .pid = getpid(),
          .clients = std::move(clients)};
}

}  // namespace fedround::client
