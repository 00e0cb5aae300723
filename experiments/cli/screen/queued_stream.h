// A stream into an OutputQueue: what is written between two flushes is one piece of text.
#pragma once

#include <ostream>
#include <sstream>

#include "common/base/io/output_queue.h"

namespace fedround::cli {

class QueuedStream final : public std::ostream {
 public:
  // `queue` must outlive the stream.
  explicit QueuedStream(OutputQueue& queue) : std::ostream(nullptr), buffer_(queue) {
    rdbuf(&buffer_);
  }

 private:
  class Buffer final : public std::stringbuf {
   public:
    explicit Buffer(OutputQueue& queue) : queue_(queue) {}

   protected:
    int sync() override {
      queue_.Write(str());
      str("");
      return 0;
    }

   private:
    OutputQueue& queue_;
  };

  Buffer buffer_;
};

}  // namespace fedround::cli
