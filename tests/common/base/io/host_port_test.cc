#include "common/base/io/host_port.h"

#include "gtest/gtest.h"

namespace fedround {
namespace {

std::string Parsed(absl::string_view text) {
  const absl::StatusOr<HostPort> parsed = ParseHostPort(text);
  if (!parsed.ok()) return "error";
  return parsed->host + " " + std::to_string(parsed->port);
}

TEST(HostPort, TakesNamesAndAddresses) {
  EXPECT_EQ(Parsed("127.0.0.1:7000"), "127.0.0.1 7000");
  EXPECT_EQ(Parsed("0.0.0.0:0"), "0.0.0.0 0");
  EXPECT_EQ(Parsed("localhost:65535"), "localhost 65535");
  EXPECT_EQ(Parsed("node-7.cluster_a.example:1"), "node-7.cluster_a.example 1");
  EXPECT_EQ(Parsed("[::1]:7000"), "::1 7000");
  EXPECT_EQ(Parsed("[fe80::1%eth0]:7000"), "fe80::1%eth0 7000");
}

TEST(HostPort, NeedsAPort) {
  for (const char* text : {"", "localhost", "127.0.0.1", "localhost:", "[::1]"}) {
    EXPECT_EQ(Parsed(text), "error") << text;
  }
}

TEST(HostPort, RefusesPortsThatAreNone) {
  for (const char* port :
       {"65536", "99999", "-1", "+1", " 1", "1 ", "0x50", "http", "4294967297"}) {
    EXPECT_EQ(Parsed(std::string("localhost:") + port), "error") << port;
  }
}

TEST(HostPort, RefusesAnIpv6AddressWithoutBrackets) {
  for (const char* text :
       {"::1:0", "::1", "fe80::1:7000", "[::1:0", "::1]:0", "[127.0.0.1]:1", "[]:1"}) {
    EXPECT_EQ(Parsed(text), "error") << text;
  }
}

TEST(HostPort, RefusesIpv4AddressesThatAreNotInFull) {
  for (const char* host : {"127.1", "127.0.1", "2130706433", "0x7f.0.0.1", "010.0.0.1", "0"}) {
    EXPECT_EQ(Parsed(std::string(host) + ":1"), "error") << host;
  }
  EXPECT_EQ(ParseHostPort("127.1:0").status().message(),
            "\"127.1:0\": write the address in full: 127.0.0.1");
}

TEST(HostPort, RefusesWhatIsNoHost) {
  for (const char* host : {"", "a b", "http://a", "unix:/tmp/a", "a/b", "a\n", "\xc3\xa4"}) {
    EXPECT_EQ(Parsed(std::string(host) + ":1"), "error") << host;
  }
}

}  // namespace
}  // namespace fedround
