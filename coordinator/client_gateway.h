// How the coordinator reaches its clients: what a driver carries out for it. The other direction is
// Front.
#pragma once

#include <cstdint>
#include <vector>

#include "common/base/clock.h"
#include "common/ledger/records.h"
#include "common/round/types.h"

namespace fedround::coordinator {

// Takes instructions to clients. Send must not block; a client that is gone is reported by Leave.
class ClientGateway {
 public:
  virtual ~ClientGateway() = default;
  virtual void Send(const Instruction& instruction) = 0;
  // After the last Send of those that belong together (a step's).
  virtual void Flush() {}
  // This model is no longer served: whoever has not got all of it needs no more.
  virtual void ModelWithdrawn(ModelId /*model*/) {}
  // Called every `step` while the run goes on: ends what takes a model to a client and has
  // not moved for `limit`.
  virtual void EndStalled(Nanos /*step*/, Nanos /*limit*/) {}
  // What moved since the last call, by connection, for the record. Empty if the driver counts
  // nothing.
  virtual std::vector<ledger::TrafficRecord> TakeTraffic(std::uint32_t /*round*/) { return {}; }
  // All connections that clients have used, after the last TakeTraffic.
  virtual std::vector<ledger::ConnectionRecord> Connections() { return {}; }
  // The run is over and everybody was told to leave: see them out.
  virtual void Close() {}
};

}  // namespace fedround::coordinator
