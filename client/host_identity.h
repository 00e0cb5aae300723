// What a client host tells about itself when it joins.
#pragma once

#include <vector>

#include "common/round/types.h"

namespace fedround::client {

// This machine, this build, this process, these clients.
JoinRequest MakeJoinRequest(std::vector<ClientId> clients);

}  // namespace fedround::client
