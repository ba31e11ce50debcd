import Formats
import PasswordReset
import Testing

@Suite struct ClientAddressTests {
  /// What Python's ipaddress makes of the same texts.
  @Test(arguments: [
    ("0.0.0.0", "00000000"), ("255.255.255.255", "ffffffff"), ("192.0.2.1", "c0000201"),
    ("::", "0000000000000000"), ("::1", "0000000000000000"), ("2001:db8::", "20010db800000000"),
    ("2001:DB8:0:1:2:3:4:5", "20010db800000001"), ("2001:db8:0:1::", "20010db800000001"),
    ("1:2:3:4:5:6:7:8", "0001000200030004"), ("1:2:3:4:5:6:7::", "0001000200030004"),
    ("::2:3:4:5:6:7:8", "0000000200030004"), ("::ffff:192.0.2.1", "c0000201"),
    ("::FFFF:c000:0201", "c0000201"), ("0:0:0:0:0:ffff:192.0.2.1", "c0000201"),
    ("::ffff:0:192.0.2.1", "0000000000000000"), ("64:ff9b::192.0.2.33", "0064ff9b00000000"),
    ("::192.0.2.1", "0000000000000000"), ("1:2:3:4:5:6:192.0.2.1", "0001000200030004"),
    ("fe80::1", "fe80000000000000"), ("1::192.0.2.1", "0001000000000000"),
    ("1:2:3:4:5::6:7", "0001000200030004"), ("aBcD:Ef01::", "abcdef0100000000"),
  ])
  func `an address counts as IPv4 or as a /64`(_ text: String, _ form: String) {
    #expect(ClientAddress(text).map { hex($0.limiterForm) } == form)
  }

  @Test(arguments: [
    "", " ", "1", "1.2.3", "1.2.3.4.", ".1.2.3.4", "1.2.3.4 ", " 1.2.3.4", "1.2.3.4.5", "256.1.1.1",
    "1.2.3.04", "01.2.3.4", "1.2.3.0x4", "1..3.4", "1.2.3.4:80", "1.2.3.4/24", "٣.1.1.1",
    "+1.2.3.4",
    "1.2.3.4\0", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "1:2:3:4:5:6:7:8::", "::1:2:3:4:5:6:7:8",
    "1:2:3:4::5:6:7:8", "1::2::3", ":::", ":", ":1", "1:", ":1::2", "1::2:", "12345::", "g::",
    "::1%eth0", "::1/64", "[::1]", "[::1]:80", "1.2.3.4::", "::1.2.3", "::1.2.3.4.5",
    "::ffff:192.0.2.256", "::ffff:1.2.3.04", "1:2:3:4:5:6:7:192.0.2.1", "::1.2.3.4:5", "-1::",
    "localhost", "example.com", "0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0", "@", "/::",
    "`::",
  ])
  func `nothing but a plain address is one`(_ text: String) {
    #expect(ClientAddress(text) == nil)
  }

  @Test func `45 octets are the longest, and a longer text costs nothing`() {
    let longest = "0000:0000:0000:0000:0000:ffff:255.255.255.255"
    #expect(
      longest.utf8.count == 45 && ClientAddress(longest)?.limiterForm == [255, 255, 255, 255])
    #expect(ClientAddress("0" + longest) == nil)
    #expect(ClientAddress(String(repeating: "1:", count: 500_000)) == nil)
  }

  @Test func `all of a /64 is one client, its neighbour is another`() {
    let one = ClientAddress("2001:db8:0:1::")
    #expect(one == ClientAddress("2001:DB8:0:1:ffff:ffff:ffff:ffff"))
    #expect(one != ClientAddress("2001:db8:0:2::"))
    #expect(one != ClientAddress("2001:db8:0:0:ffff:ffff:ffff:ffff"))
  }

  @Test func `an IPv4 address is one client in every spelling`() {
    let spellings = ["203.0.113.7", "::ffff:203.0.113.7", "::ffff:cb00:7107", "::FFFF:CB00:7107"]
    #expect(Set(spellings.map { ClientAddress($0) }).count == 1)
    #expect(ClientAddress("203.0.113.7") != ClientAddress("203.0.113.8"))
  }

  private func hex(_ bytes: [UInt8]) -> String { Hex.encode(bytes) }
}
