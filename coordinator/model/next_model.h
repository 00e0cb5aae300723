// The model with which a round ends, prepared beside the one that is still being served: nobody
// sees it before it is published, and if the run ends first, nothing has changed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "common/algorithm/algorithm.h"
#include "common/base/aligned_buffer.h"
#include "common/fold/aggregate.h"
#include "common/round/trained_entries.h"
#include "coordinator/model/model.h"

namespace fedround::coordinator {

struct FoldedRound {
  const Model& current;           // P parameters, then `down` vectors [Q]
  const fold::Aggregate& folded;  // at least one answer
  const TrainedEntries& trained;
  std::size_t down = 0;
  std::uint64_t clients = 0;  // in the federation
};

// `memory`: for the next model, if it is as large as that and all entries are trained; otherwise it
// is freed.
std::shared_ptr<Model> NextModel(const FoldedRound& round, algorithm::Server& algorithm,
                                 FloatBuffer memory);

// `values` with so many zeros behind them.
FloatBuffer WithZeros(FloatBuffer values, std::size_t zeros);

}  // namespace fedround::coordinator
