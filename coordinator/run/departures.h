// Messages from the program that started the coordinator and the clients: which clients will not
// come, because their process has ended.
#pragma once

#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "common/base/io/file.h"
#include "common/round/types.h"

namespace fedround::coordinator {

class Departures {
 public:
  // Calls `on_gone` on a thread of its own for each line "gone IDS" ("gone 3,5-7") that comes from
  // `fd`, until destroyed. Other lines are ignored.
  Departures(int fd, std::function<void(const std::vector<ClientId>&)> on_gone);
  ~Departures();
  Departures(const Departures&) = delete;
  Departures& operator=(const Departures&) = delete;

 private:
  void Loop();
  // False at the end of the input.
  bool TakeInput();

  const int fd_;
  const std::function<void(const std::vector<ClientId>&)> on_gone_;
  const Fd quit_;
  std::string pending_;  // an unfinished line
  std::thread thread_;   // last: it uses the members above
};

}  // namespace fedround::coordinator
