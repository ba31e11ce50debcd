import Formats
import Testing

@Suite struct HostNameTests {
  @Test(arguments: [
    ("localhost", true), ("LocalHost", true), ("app.localhost", true), ("a.b.LOCALHOST", true),
    ("::1", true), ("0:0:0:0:0:0:0:1", true), ("127.0.0.0", true), ("127.255.255.255", true),
    ("126.255.255.255", false), ("128.0.0.0", false), ("127.0.0.256", false), ("127.0.0", false),
    ("127.0.0.0.0", false), ("xlocalhost", false), ("localhost.example", false), ("::2", false),
    ("127.0.0.1.example", false), ("::ffff:127.0.0.1", false), ("0.0.0.0", false),
  ])
  func `this machine is localhost with the names below it, 127.0.0.0/8 and ::1`(
    host: String, isThisMachine: Bool
  ) throws {
    #expect(try #require(HostName(host)).isThisMachine == isThisMachine)
  }

  @Test(arguments: [
    "", ".", "localhost.", ".localhost", "127.0.0.", "127.0.0.-1", "a..b", "[::1]", "::1%lo", "a b",
    "a/b", "a:b", "ä.example", "-a", "a-", "a\r\nb", "a\0", "{token}",
  ])
  func `what is no name and no address is no host`(text: String) { #expect(HostName(text) == nil) }

  @Test func `an IPv6 address stands in brackets in a URL`() {
    #expect(HostName("2001:db8::1")?.bracketed == "[2001:db8::1]")
    #expect(HostName("192.0.2.1")?.bracketed == "192.0.2.1")
    #expect(HostName("example.test")?.bracketed == "example.test")
  }

  @Test(arguments: [(253, true), (254, false)])
  func `a name has at most 253 octets`(length: Int, isHost: Bool) {
    let name = String(String(repeating: "a23456789.", count: 26).prefix(length - 1)) + "z"
    #expect(name.utf8.count == length && (HostPort(name + ":1") != nil) == isHost)
  }

  @Test(arguments: [(1, true), (63, true), (64, false)])
  func `a label has at most 63 octets`(length: Int, isHost: Bool) {
    let label = String(repeating: "a", count: length)
    for name in [label, "a.\(label)", "\(label).a-b.c"] {
      #expect((HostName(name) != nil) == isHost)
    }
  }
}

@Suite struct HostPortTests {
  @Test(arguments: [
    ("127.0.0.1:0", "127.0.0.1", 0), ("[::1]:8080", "::1", 8080), ("a_b.c:65535", "a_b.c", 65535),
  ])
  func `a place to listen at is a host and a port`(text: String, host: String, port: UInt16) throws
  {
    let place = try #require(HostPort(text))
    #expect(place.host.text == host && place.port == port && place.description == text)
  }

  @Test(arguments: [
    "", ":80", "a", "a:", "a:65536", "a:-1", "a:+1", "a:1:2", "a:000001", "[::1", "[::1]80",
    "::1:80",
    "[127.0.0.1]:80", "[localhost]:80", "a:8 0",
  ])
  func `another text is none`(text: String) { #expect(HostPort(text) == nil) }

  @Test func `the port may be left out where that is said`() {
    #expect(HostPort("a", portRequired: false)?.port == nil)
    #expect(HostPort("a:", portRequired: false) == nil)
  }
}
