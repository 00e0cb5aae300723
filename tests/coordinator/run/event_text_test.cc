#include "coordinator/run/event_text.h"

#include <gtest/gtest.h>

namespace fedround::coordinator {
namespace {

TEST(EventText, ShowsWhatAClientSentOnOneLine) {
  ledger::RunEvent event;
  event.kind = ledger::RunEvent::Kind::kFailure;
  event.round = 2;
  event.client = 3;
  event.what = "refused";
  event.message = "\x1b[1A\nround 3: 10 of 10 updates folded";
  EXPECT_EQ(EventText(event),
            "round 2: client 3: refused: \\x1b[1A\\nround 3: 10 of 10 updates folded");
}

TEST(EventText, KeepsItsOwnLines) {
  ledger::RunEvent event;
  event.kind = ledger::RunEvent::Kind::kFinished;
  event.outcome = "done";
  event.model_sha256.assign(4, '5');
  EXPECT_EQ(EventText(event), "done\nmodel 5555");
}

}  // namespace
}  // namespace fedround::coordinator
