#include "coordinator/intake/upload_intake.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <optional>
#include <vector>

#include "tests/support/asks.h"
#include "tests/support/float32_section.h"

namespace fedround::coordinator {
namespace {

constexpr std::size_t kParameters = 100;

std::span<const std::byte> Bytes(const std::vector<float>& values) {
  return std::as_bytes(std::span(values));
}

// An open step of round 1 for clients 0, 1 and 2, with room for `uploads` payloads and messages of
// `message_bytes`.
class Intake : public ::testing::Test {
 protected:
  explicit Intake(std::uint64_t uploads = 8, std::uint64_t message_bytes = 0)
      : intake(
            {.grid = {},
             .sections = testing::Float32Section(kParameters),
             .buffer_bytes = uploads * kParameters * sizeof(float),
             .message_bytes = message_bytes,
             .run_id = "run"},
            [this](UploadHandle handle, const UpdateHeader&, const UploadTimes&) {
              received.push_back(handle);
            },
            [this](const UpdateHeader& header, const absl::Status& why) {
              refused.emplace_back(header.client, why);
            }) {
    const ClientId expected[] = {0, 1, 2};
    testing::ExpectAll(intake, expected);
  }

  UpdateHeader Header(ClientId client) const {
    return {.run_id = "run",
            .ask = testing::AskOf(client).id,
            .client = client,
            .model_id = 77,
            .sections = {{"update", "float32", kParameters, kParameters * sizeof(float)}},
            .weight = 10,
            .checksum = Xxh3(Bytes(update))};
  }
  absl::StatusOr<UploadHandle> Offer(const UpdateHeader& header) {
    return intake.Offer(
        header, [this] { ++credits; },
        [this](absl::Status status) { ends.push_back(std::move(status)); },
        [this] { return wire_bytes; });
  }
  // The code that an offer of this header gets.
  absl::StatusCode Refusal(const UpdateHeader& header) { return Offer(header).status().code(); }

  std::uint64_t wire_bytes = 0;
  std::vector<float> update = std::vector<float>(kParameters, 0.5F);
  std::vector<UploadHandle> received;
  std::vector<std::pair<ClientId, absl::Status>> refused;
  std::vector<absl::Status> ends;
  int credits = 0;
  UploadIntake intake;
};

class OneAtATime : public Intake {
 protected:
  OneAtATime() : Intake(1) {}
};

// A payload is a message: two payloads' room is that of one upload.
class WithMessages : public Intake {
 protected:
  WithMessages() : Intake(2, kParameters * sizeof(float)) {}
};

// A message could hold ten payloads, and holds no more than one.
class WithLargeMessages : public Intake {
 protected:
  WithLargeMessages() : Intake(4, 10 * kParameters * sizeof(float)) {}
};

TEST_F(Intake, TakesAWholeUpdateInPieces) {
  const auto handle = Offer(Header(1));
  ASSERT_TRUE(handle.ok()) << handle.status();
  EXPECT_EQ(credits, 1);
  ASSERT_TRUE(intake.Append(*handle, Bytes(update).first(7)).ok());
  ASSERT_TRUE(intake.Append(*handle, Bytes(update).subspan(7)).ok());
  ASSERT_TRUE(intake.Finish(*handle).ok());
  EXPECT_EQ(received, std::vector<UploadHandle>{*handle});
  intake.Accept(*handle);
  ASSERT_EQ(ends.size(), 1U);
  EXPECT_TRUE(ends[0].ok());
  const auto payload = intake.Payload(*handle);
  EXPECT_TRUE(std::equal(payload.begin(), payload.end(), update.begin(), update.end()));
  intake.Release(*handle);
}

TEST_F(Intake, RefusesWhatAHeaderShows) {
  using Code = absl::StatusCode;
  UpdateHeader header = Header(0);
  header.protocol_version = 99;
  EXPECT_EQ(Refusal(header), Code::kInvalidArgument);
  header = Header(0);
  header.run_id = "another";
  EXPECT_EQ(Refusal(header), Code::kInvalidArgument);
  header = Header(0);
  header.ask = testing::AskOf(1).id;  // somebody else's
  EXPECT_EQ(Refusal(header), Code::kNotFound);
  EXPECT_EQ(Refusal(Header(9)), Code::kNotFound);
  header.ask = 0;
  EXPECT_EQ(Refusal(header), Code::kNotFound);
  header = Header(0);
  header.model_id = 78;
  EXPECT_EQ(Refusal(header), Code::kInvalidArgument);
  header = Header(0);
  header.weight = 0;
  EXPECT_EQ(Refusal(header), Code::kInvalidArgument);
  header = Header(0);
  header.sections[0].elements = kParameters - 1;
  EXPECT_EQ(Refusal(header), Code::kInvalidArgument);
  header = Header(0);
  header.sections[0].bytes = std::numeric_limits<std::uint64_t>::max();
  EXPECT_EQ(Refusal(header), Code::kInvalidArgument);
  header = Header(0);
  header.sections[0].codec = "float64";
  EXPECT_EQ(Refusal(header), Code::kInvalidArgument);
  header = Header(0);
  header.sections.clear();
  EXPECT_EQ(Refusal(header), Code::kInvalidArgument);
  EXPECT_TRUE(Offer(Header(0)).ok());
}

TEST_F(Intake, RefusesASecondUpdateOnceTheFirstIsThere) {
  const auto handle = Offer(Header(0));
  ASSERT_TRUE(intake.Append(*handle, Bytes(update)).ok());
  ASSERT_TRUE(intake.Finish(*handle).ok());
  EXPECT_EQ(Refusal(Header(0)), absl::StatusCode::kAlreadyExists);
}

// Else a client whose connection broke unnoticed would be told that its update is there.
TEST_F(Intake, AnUploadTakesThePlaceOfAnEarlierOneOfItsClientThatNeverEnded) {
  const auto first = Offer(Header(0));
  ASSERT_TRUE(intake.Append(*first, Bytes(update).first(40)).ok());
  const auto second = Offer(Header(0));
  ASSERT_TRUE(second.ok()) << second.status();
  ASSERT_EQ(ends.size(), 1U);
  EXPECT_TRUE(absl::IsAborted(ends[0]));
  EXPECT_TRUE(absl::IsAborted(intake.Append(*first, Bytes(update).subspan(40))));
  intake.Abandon(*first);
  ASSERT_TRUE(intake.Append(*second, Bytes(update)).ok());
  EXPECT_TRUE(intake.Finish(*second).ok());
  EXPECT_EQ(received, std::vector<UploadHandle>{*second});
}

TEST_F(Intake, AnAbandonedUploadMayBeTriedAgain) {
  const auto handle = Offer(Header(0));
  ASSERT_TRUE(intake.Append(*handle, Bytes(update).first(40)).ok());
  intake.Abandon(*handle);
  EXPECT_TRUE(Offer(Header(0)).ok());
}

TEST_F(Intake, RefusesNotANumberByItsPlaceAndReportsTheClient) {
  update[42] = std::numeric_limits<float>::quiet_NaN();
  const auto handle = Offer(Header(2));
  const absl::Status status = intake.Append(*handle, Bytes(update));
  EXPECT_TRUE(absl::IsInvalidArgument(status));
  EXPECT_NE(status.message().find("entry 42 is nan"), absl::string_view::npos) << status;
  ASSERT_EQ(refused.size(), 1U);
  EXPECT_EQ(refused[0].first, 2U);
  EXPECT_TRUE(received.empty());
}

TEST_F(Intake, FindsAnInfinityCutInTwoPieces) {
  update[10] = std::numeric_limits<float>::infinity();
  const auto handle = Offer(Header(2));
  ASSERT_TRUE(intake.Append(*handle, Bytes(update).first(42)).ok());
  EXPECT_TRUE(absl::IsInvalidArgument(intake.Append(*handle, Bytes(update).subspan(42))));
}

TEST_F(Intake, RefusesWhatIsBeyondTheGrid) {
  update[99] = 17.0F;
  const auto handle = Offer(Header(0));
  EXPECT_TRUE(absl::IsInvalidArgument(intake.Append(*handle, Bytes(update))));
}

TEST_F(Intake, RefusesMoreThanWasAnnounced) {
  const auto handle = Offer(Header(0));
  ASSERT_TRUE(intake.Append(*handle, Bytes(update)).ok());
  EXPECT_TRUE(absl::IsInvalidArgument(intake.Append(*handle, Bytes(update).first(1))));
}

TEST_F(Intake, RefusesLessThanWasAnnounced) {
  const auto handle = Offer(Header(0));
  ASSERT_TRUE(intake.Append(*handle, Bytes(update).first(396)).ok());
  EXPECT_TRUE(absl::IsInvalidArgument(intake.Finish(*handle)));
}

TEST_F(Intake, RefusesAWrongChecksum) {
  UpdateHeader header = Header(0);
  *header.checksum ^= 1;
  const auto handle = Offer(header);
  ASSERT_TRUE(intake.Append(*handle, Bytes(update)).ok());
  EXPECT_TRUE(absl::IsInvalidArgument(intake.Finish(*handle)));
}

TEST_F(Intake, ClosingEndsUploadsUnderWay) {
  const auto handle = Offer(Header(0));
  intake.Close();
  ASSERT_EQ(ends.size(), 1U);
  EXPECT_TRUE(absl::IsFailedPrecondition(ends[0]));
  EXPECT_TRUE(absl::IsFailedPrecondition(intake.Append(*handle, Bytes(update))));
  intake.Abandon(*handle);
  EXPECT_EQ(Refusal(Header(1)), absl::StatusCode::kFailedPrecondition);
}

TEST_F(Intake, APeerThatHangsUpAfterTheLastByteDoesNotTakeItsUpdateBack) {
  const auto handle = Offer(Header(0));
  ASSERT_TRUE(intake.Append(*handle, Bytes(update)).ok());
  ASSERT_TRUE(intake.Finish(*handle).ok());
  intake.Abandon(*handle);
  intake.Accept(*handle);
  EXPECT_TRUE(ends.empty());
  EXPECT_EQ(intake.Payload(*handle).size(), kParameters);
}

TEST_F(Intake, TheEndOfTheRunEndsWhatWasReceivedAndNeverDecided) {
  const auto handle = Offer(Header(0));
  ASSERT_TRUE(intake.Append(*handle, Bytes(update)).ok());
  ASSERT_TRUE(intake.Finish(*handle).ok());
  intake.Shutdown();
  ASSERT_EQ(ends.size(), 1U);
  EXPECT_TRUE(absl::IsFailedPrecondition(ends[0]));
  EXPECT_EQ(Refusal(Header(1)), absl::StatusCode::kFailedPrecondition);
}

TEST_F(Intake, AClientThatJoinedAgainMaySendAgainThoughItsOldUploadLingers) {
  const auto old = Offer(Header(0));
  ASSERT_TRUE(old.ok());
  intake.Expect(testing::AskOf(0));
  ASSERT_EQ(ends.size(), 1U);
  EXPECT_TRUE(absl::IsAborted(ends[0]));
  EXPECT_TRUE(Offer(Header(0)).ok());
}

TEST_F(Intake, AWrongHeaderDoesNotSpoilTheGoodUploadUnderWay) {
  ASSERT_TRUE(Offer(Header(0)).ok());
  UpdateHeader wrong = Header(0);
  wrong.run_id = "another";
  EXPECT_EQ(Refusal(wrong), absl::StatusCode::kInvalidArgument);
  EXPECT_TRUE(refused.empty());
}

TEST_F(OneAtATime, TheSecondWaitsForItsCredit) {
  const auto first = Offer(Header(0));
  const auto second = Offer(Header(1));
  ASSERT_TRUE(second.ok());
  EXPECT_EQ(credits, 1);
  intake.Abandon(*first);
  EXPECT_EQ(credits, 2);
}

TEST_F(OneAtATime, CreditComesBackOnlyAfterTheFold) {
  const auto first = Offer(Header(0));
  const auto second = Offer(Header(1));
  ASSERT_TRUE(intake.Append(*first, Bytes(update)).ok());
  ASSERT_TRUE(intake.Finish(*first).ok());
  intake.Accept(*first);
  EXPECT_EQ(credits, 1);
  intake.Release(*first);
  EXPECT_EQ(credits, 2);
  EXPECT_TRUE(intake.Append(*second, Bytes(update)).ok());
}

// ---- uploads that stand still ----

// Looks at the uploads as often as `seconds` take.
void Pass(UploadIntake& intake, int seconds) {
  for (int i = 0; i < 4 * seconds; ++i) intake.EndStalled(kNanosPerSecond / 4);
}

TEST_F(OneAtATime, ACreditThatIsHeldInSilenceGoesToWhoeverWaits) {
  const auto silent = Offer(Header(0));
  ASSERT_TRUE(Offer(Header(1)).ok());
  Pass(intake, 3);
  ASSERT_EQ(ends.size(), 1U);
  EXPECT_TRUE(absl::IsAborted(ends[0])) << ends[0];
  intake.Abandon(*silent);  // as the driver does then
  EXPECT_EQ(credits, 2);
  EXPECT_TRUE(Offer(Header(0)).ok());  // at the end of the queue
  EXPECT_EQ(credits, 2);
}

TEST_F(OneAtATime, AnUploadThatMovesKeepsItsCreditThoughOthersWait) {
  const auto slow = Offer(Header(0));
  ASSERT_TRUE(Offer(Header(1)).ok());
  for (std::size_t i = 0; i < update.size(); ++i) {
    Pass(intake, 1);
    ASSERT_TRUE(intake.Append(*slow, Bytes(update).subspan(4 * i, 4)).ok());
  }
  EXPECT_TRUE(ends.empty());
  EXPECT_TRUE(intake.Finish(*slow).ok());
  Pass(intake, 60);  // the verdict is not the client's to give
  EXPECT_TRUE(ends.empty());
}

TEST_F(OneAtATime, AnUploadWhoseBytesArriveMovesThoughNoMessageIsWhole) {
  ASSERT_TRUE(Offer(Header(0)).ok());
  ASSERT_TRUE(Offer(Header(1)).ok());
  for (int second = 0; second < 10; ++second) {
    wire_bytes += 20'000;
    Pass(intake, 1);
  }
  EXPECT_TRUE(ends.empty());
  for (int second = 0; second < 3; ++second) {
    wire_bytes += 17;  // a ping is not a transfer
    Pass(intake, 1);
  }
  EXPECT_EQ(ends.size(), 1U);
}

TEST_F(OneAtATime, SilenceThatHoldsUpNobodyMayLastUntilTheStallLimit) {
  ASSERT_TRUE(Offer(Header(0)).ok());
  Pass(intake, 29);
  EXPECT_TRUE(ends.empty());
  Pass(intake, 2);
  ASSERT_EQ(ends.size(), 1U);
  EXPECT_TRUE(absl::IsAborted(ends[0])) << ends[0];
}

TEST_F(OneAtATime, WaitingForACreditIsNoStall) {
  const auto first = Offer(Header(0));
  ASSERT_TRUE(Offer(Header(1)).ok());
  for (std::size_t i = 0; i < update.size(); ++i) {
    Pass(intake, 1);
    ASSERT_TRUE(intake.Append(*first, Bytes(update).subspan(4 * i, 4)).ok());
  }
  intake.Abandon(*first);
  EXPECT_TRUE(ends.empty());
  EXPECT_EQ(credits, 2);
}

// So clients that are all slow get through one after the other, and do not cut each other off for
// ever.
TEST_F(OneAtATime, AClientThatWasCutOffGetsTwiceAsLongTheNextTime) {
  for (const int patience : {2, 4, 8, 16, 30, 30}) {
    const std::size_t before = ends.size();
    const auto slow = Offer(Header(0));
    const auto waiting = Offer(Header(1));
    Pass(intake, patience - 1);
    EXPECT_EQ(ends.size(), before) << patience;
    Pass(intake, 2);
    EXPECT_EQ(ends.size(), before + 1) << patience;
    intake.Abandon(*waiting);
    intake.Abandon(*slow);
  }
}

TEST_F(OneAtATime, AWaitingUploadThatGivesUpLeavesTheQueue) {
  const auto first = Offer(Header(0));
  const auto second = Offer(Header(1));
  ASSERT_TRUE(Offer(Header(2)).ok());
  intake.Abandon(*second);
  intake.Abandon(*first);
  EXPECT_EQ(credits, 2);
}

TEST_F(WithMessages, ACreditCoversTheMessageOnItsWay) {
  const auto first = Offer(Header(0));
  ASSERT_TRUE(Offer(Header(1)).ok());
  EXPECT_EQ(credits, 1);
  intake.Abandon(*first);
  EXPECT_EQ(credits, 2);
}

TEST_F(WithLargeMessages, AMessageIsNoLargerThanItsPayload) {
  for (const ClientId client : {0U, 1U, 2U}) ASSERT_TRUE(Offer(Header(client)).ok());
  EXPECT_EQ(credits, 2);
}

}  // namespace
}  // namespace fedround::coordinator
