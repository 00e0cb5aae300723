// How the coordinator reaches its clients: what a driver does for it. The other direction is Front.
#pragma once

#include <cstdint>
#include <vector>

#include "common/base/clock.h"
#include "common/ledger/records.h"
#include "common/round/types.h"

namespace fedround::coordinator {

// Delivers instructions to clients. Send must not block; if a client is gone, Leave reports it.
class ClientGateway {
 public:
  virtual ~ClientGateway() = default;
  virtual void Send(const Instruction& instruction) = 0;
  // Called after the last of several Sends that belong together (those of a step).
  virtual void Flush() {}
  // This model is no longer served: whoever has not received all of it needs no more of it.
  virtual void ModelWithdrawn(ModelId /*model*/) {}
  // Called every `step` during the run: ends transfers of a model to a client that have not moved
  // for `limit`.
  virtual void EndStalled(Nanos /*step*/, Nanos /*limit*/) {}
  // What moved since the last call, by connection, for the record. Empty if the driver counts
  // nothing.
  virtual std::vector<ledger::TrafficRecord> TakeTraffic(std::uint32_t /*round*/) { return {}; }
  // All connections that clients have used, after the last TakeTraffic.
  virtual std::vector<ledger::ConnectionRecord> Connections() { return {}; }
  // The run is over and all clients were told to leave: wait for that to arrive, then disconnect.
  virtual void Close() {}
};

}  // namespace fedround::coordinator
