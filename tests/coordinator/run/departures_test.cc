#include "coordinator/run/departures.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <condition_variable>
#include <mutex>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/io/file.h"

namespace fedround::coordinator {
namespace {

using testing::ElementsAre;

// Both ends of a pipe, and the clients that were reported as gone.
class DeparturesTest : public testing::Test {
 protected:
  DeparturesTest() {
    int ends[2];
    EXPECT_EQ(pipe(ends), 0);
    read_ = Fd(ends[0]);
    write_ = Fd(ends[1]);
  }
  void Write(const std::string& text) {
    ASSERT_EQ(write(write_.get(), text.data(), text.size()), static_cast<ssize_t>(text.size()));
  }
  void Gone(const std::vector<ClientId>& clients) {
    const std::lock_guard lock(mutex_);
    gone_.push_back(clients);
    changed_.notify_all();
  }
  // Waits for that many reports.
  std::vector<std::vector<ClientId>> First(std::size_t count) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return gone_.size() >= count; });
    return gone_;
  }

  Fd read_, write_;

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::vector<ClientId>> gone_;
};

TEST_F(DeparturesTest, NamesTheClientsOfEachLine) {
  Departures departures(read_.get(), [this](const auto& clients) { Gone(clients); });
  Write("gone 3,5-7\ngone 0\n");
  EXPECT_THAT(First(2), ElementsAre(ElementsAre(3, 5, 6, 7), ElementsAre(0)));
}

TEST_F(DeparturesTest, WaitsForTheRestOfALine) {
  Departures departures(read_.get(), [this](const auto& clients) { Gone(clients); });
  Write("gone 1\ngone 2");
  EXPECT_THAT(First(1), ElementsAre(ElementsAre(1)));
  Write("3\n");
  EXPECT_THAT(First(2), ElementsAre(ElementsAre(1), ElementsAre(23)));
}

TEST_F(DeparturesTest, PassesOverWhatIsNoSuchLine) {
  Departures departures(read_.get(), [this](const auto& clients) { Gone(clients); });
  Write("\nhello\ngone\ngone x\nnot gone 4\ngone 7-5\ngone 6\n");
  EXPECT_THAT(First(1), ElementsAre(ElementsAre(6)));
}

// Longer than one read, and than a pipe holds.
TEST_F(DeparturesTest, TakesALongLine) {
  Departures departures(read_.get(), [this](const auto& clients) { Gone(clients); });
  std::string line = "gone 0";
  for (int id = 2; line.size() < 200'000; id += 2) absl::StrAppend(&line, ",", id);
  Write(line + "\n");
  EXPECT_GT(First(1)[0].size(), 30'000U);
}

TEST_F(DeparturesTest, EndsWithItsInput) {
  Departures departures(read_.get(), [this](const auto& clients) { Gone(clients); });
  Write("gone 9\ngone 8");  // the last line has no end
  write_ = Fd();
  EXPECT_THAT(First(1), ElementsAre(ElementsAre(9)));
}

}  // namespace
}  // namespace fedround::coordinator
