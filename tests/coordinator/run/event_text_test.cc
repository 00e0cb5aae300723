#include "coordinator/run/event_text.h"

#include <gtest/gtest.h>

namespace fedround::coordinator {
namespace {

TEST(EventText, ShowsWhatAClientSentOnOneLine) {
  const ledger::event::Failure failure{2, 3, FailureKind::kRefused,
                                       "\x1b[1A\nround 3: 10 of 10 updates folded"};
  EXPECT_EQ(EventText(failure),
            "round 2: client 3: refused: \\x1b[1A\\nround 3: 10 of 10 updates folded");
}

TEST(EventText, KeepsItsOwnLines) {
  const ledger::event::Finished finished{.verdict = {RunOutcome::kDone}, .model_sha256 = "5555"};
  EXPECT_EQ(EventText(finished), "done\nmodel 5555");
}

}  // namespace
}  // namespace fedround::coordinator
