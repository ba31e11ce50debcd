import NIOCore
import NIOPosix
import Testing

@testable import rekey_dev

@Suite struct PortsTests {
  private func row(_ ports: Ports) -> [Int] {
    [ports.people, ports.programs, ports.app, ports.mailbox, ports.smtp]
  }

  @Test func `free ports are five different ones`() async throws {
    let all = row(try await Ports(base: 0))
    #expect(Set(all).count == 5 && all.allSatisfy { (1...65535).contains($0) })
  }

  @Test func `a base is the first of five in a row`() async throws {
    // Somebody else may have one of them by now, so a few places are tried.
    var found: (Int, Ports)?
    for _ in 0..<50 where found == nil {
      let base = try await Ports(base: 0).people
      if base <= 65531 { found = (try? await Ports(base: base)).map { (base, $0) } }
    }
    let (base, ports) = try #require(found)
    #expect(row(ports) == Array(base..<(base + 5)))
  }

  @Test func `a port that is taken is named with what it is for`() async throws {
    let taken = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .bind(host: "127.0.0.1", port: 0).get()
    let port = try #require(taken.localAddress?.port)
    await #expect { _ = try await Ports(base: port) } throws: {
      "\($0)" == "port \(port) for the public listener is taken; choose others with --port-base"
    }
    try await taken.close()
  }

  @Test func `beyond the last port there is none`() async {
    await #expect { _ = try await Ports(base: 65536) } throws: {
      "\($0)".contains("port 65536 for the ")
    }
  }
}
