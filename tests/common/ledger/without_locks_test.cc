// File systems that refuse locks, as the kernel would: a filter on this thread's system calls.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include <cerrno>
#include <cstddef>
#include <functional>
#include <thread>

#include "tests/common/ledger/ledger_test_support.h"

namespace fedround::ledger {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// From here on, each lock that this thread wants to set on a file ends with `error`.
void RefuseLocks(int error) {
  const auto refusal = static_cast<std::uint32_t>(error);
  sock_filter filter[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_fcntl, 0, 3),
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, args[1])),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, F_SETLK, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | refusal),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  const sock_fprog program{static_cast<unsigned short>(std::size(filter)), filter};
  ASSERT_EQ(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 0);
  ASSERT_EQ(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program), 0);
}

void WithoutLocks(int error, const std::function<void()>& body) {
  std::thread([&] {
    RefuseLocks(error);
    body();
  }).join();
}

TEST(WithoutLocks, ALedgerSaysExactlyThatAndWhatToDo) {
  const std::string folder = TestFolder();
  for (const int error : {ENOLCK, ENOSYS, EOPNOTSUPP}) {
    WithoutLocks(error, [&folder] {
      const absl::Status status = RunRecorder::Create(folder).status();
      EXPECT_EQ(status.code(), absl::StatusCode::kUnimplemented);
      EXPECT_THAT(status.message(),
                  HasSubstr(folder + "/ledger.sqlite: its file system has no locks"));
      EXPECT_THAT(status.message(), HasSubstr("--out"));
      EXPECT_THAT(status.message(), HasSubstr("ledger.enabled = false"));
    });
    EXPECT_TRUE(std::filesystem::is_empty(folder));
  }
}

TEST(WithoutLocks, ALedgerThatWasCopiedThereIsRead) {
  const std::string folder = TestFolder();
  {
    auto recorder = RunRecorder::Create(folder).value();
    ASSERT_TRUE(recorder->CommitRound(SampleRound(1)).ok());
    ASSERT_TRUE(recorder->Finish({RunOutcome::kDone, "", 0}).ok());
  }
  for (const int error : {ENOLCK, ENOSYS}) {
    WithoutLocks(error, [&folder] {
      EXPECT_THAT(Query(folder, "SELECT round FROM rounds"), ElementsAre("1"));
    });
  }
}

}  // namespace
}  // namespace fedround::ledger
