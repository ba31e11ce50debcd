import Formats
import Testing

@testable import Transfer

@Suite struct PrivateTargetTests {
  @Test(arguments: [
    ("0.0.0.0", "0.255.255.255"), ("10.0.0.0", "10.255.255.255"),
    ("100.64.0.0", "100.127.255.255"), ("127.0.0.0", "127.255.255.255"),
    ("169.254.0.0", "169.254.255.255"), ("172.16.0.0", "172.31.255.255"),
    ("192.0.0.0", "192.0.0.255"), ("192.168.0.0", "192.168.255.255"),
    ("198.18.0.0", "198.19.255.255"), ("224.0.0.0", "239.255.255.255"),
    ("240.0.0.0", "255.255.255.255"),
    ("::", "::ffff"), ("fe80::", "febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff"),
    ("fec0::", "feff::"), ("fc00::", "fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"),
    ("ff00::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"), ("2001::", "2001:0:ffff::"),
    ("64:ff9b:1::", "64:ff9b:1:ffff::"),
  ])
  func `the first and the last address of a special block are not public`(
    first: String, last: String
  ) throws {
    for text in [first, last] { #expect(try #require(IPAddress(text)).isPublic == false) }
  }

  @Test(arguments: [
    "1.0.0.0", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "126.255.255.255",
    "128.0.0.0", "169.253.255.255", "169.255.0.0", "172.15.255.255", "172.32.0.0",
    "191.255.255.255", "192.0.1.0", "192.167.255.255", "192.169.0.0", "198.17.255.255",
    "198.20.0.0", "223.255.255.255", "2606:4700::1111", "2001:4860:4860::8888",
    "fbff:ffff::1", "fe00::1", "2001:1::1",
  ])
  func `their neighbours are public`(text: String) throws {
    #expect(try #require(IPAddress(text)).isPublic)
  }

  @Test(arguments: [
    ("10.1.2.3", "0a01:0203"), ("127.0.0.1", "7f00:0001"), ("169.254.169.254", "a9fe:a9fe"),
    ("192.168.0.1", "c0a8:0001"), ("172.16.0.1", "ac10:0001"), ("100.64.0.1", "6440:0001"),
    ("0.0.0.0", "0000:0000"), ("8.8.8.8", "0808:0808"),
  ])
  func `an IPv4 address inside another is judged as itself`(plain: String, hex: String) throws {
    let isPublic = try #require(IPAddress(plain)).isPublic
    for text in ["::ffff:\(hex)", "64:ff9b::\(hex)", "2002:\(hex)::1"] {
      #expect(try #require(IPAddress(text)).isPublic == isPublic, "\(text)")
    }
    #expect(try #require(IPAddress("::\(hex)")).isPublic == false)
  }

  @Test(arguments: ["", "localhost", "127.1", "0x7f000001", "1.2.3.4 ", "fe80::1%eth0", "1.2.3"])
  func `what is no address has no judgement`(text: String) {
    #expect(IPAddress(text) == nil)
  }

  @Test(arguments: ["127.0.0.1", "localhost"])
  func `a call that may not reach private addresses is not sent there`(host: String) async throws {
    let script = HTTPScript(status: "200 OK")
    let server = ScriptedServer(script.serve)
    var call = call(server.port, host: host)
    call.mayReachPrivate = false
    await expectError(TransferError(.refused, cause: "private_target")) {
      try await withLoop { [call] in try await $0.perform(call) }
    }
    #expect(server.accepted == 0)
  }

  @Test func `a connection kept by a call that may is of no use to one that may not`()
    async throws
  {
    let script = HTTPScript(status: "200 OK")
    let server = ScriptedServer(script.serve)
    try await withLoop { loop in
      try await expectStatus(200, of: call(server.port), on: loop)
      var other = call(server.port)
      other.mayReachPrivate = false
      await expectError(TransferError(.refused, cause: "private_target")) {
        try await loop.perform(other)
      }
      try await expectStatus(200, of: call(server.port), on: loop)
    }
    #expect(script.requests.count == 2)
  }
}
