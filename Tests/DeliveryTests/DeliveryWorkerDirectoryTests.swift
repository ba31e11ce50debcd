import PasswordReset
import ServiceLifecycleTestKit
import Testing

@testable import Delivery

/// A directory that does not answer, and those who have nothing to do with it.
@Suite(.timeLimit(.minutes(2))) struct DeliveryWorkerDirectoryTests {
  private let fixture = WorkerFixture()
  private let directory = SilentDirectory()

  private func setting(_ width: Int = 3) throws -> WorkerFixture.Setting {
    try fixture.setting(width: width, transport: Transport(), directory: directory)
  }

  @Test(arguments: [100, 1000])
  func `a thousand mails whose directory hangs hold up no other mail`(_ count: Int) async throws {
    let setting = try setting()
    try fixture.add(1...count, setting)
    try fixture.add(2001...2050, setting, for: "free")
    try await fixture.running(setting) { _ in
      await fixture.outbox.state.until { state in
        state.finishes.count { $0.outcome == .sent } == 50
      }
      // Two are asked, eight wait for their turn, and all others come again later.
      await fixture.outbox.state.until { $0.finishes.count == 50 + count - 10 }
      #expect(directory.state.value.asked == 2)
      #expect(setting.chain.onTheWay == [0])
      let sweep = fixture.outbox.state.value.claims(from: .mail).count
      #expect(sweep < 60, "claims of one or two at a time are a commit each")
    }
    let outcomes = fixture.outbox.state.value.finishes.map(\.outcome)
    #expect(outcomes.count == 50 + count && fixture.outbox.state.value.inHand == 0)
    #expect(outcomes.allSatisfy { $0 == .sent || $0.released != nil })
  }

  @Test func `told to end it hands back what is asked for and what waits`() async throws {
    let setting = try setting()
    try fixture.add(1...8, setting)
    try await fixture.running(setting) { _ in
      await directory.state.until { $0.asked == 2 }
      await fixture.outbox.state.until { $0.inHand == 8 }
    }
    #expect(
      fixture.outbox.state.value.finishes.map(\.outcome) == Array(repeating: .handedBack, count: 8))
    #expect(directory.state.value.asked == 2)
  }

  @Test func `what is asked for and what waits keeps its lease`() async throws {
    let setting = try fixture.setting(lease: 1, transport: Transport(), directory: directory)
    try fixture.add(1...6, setting)
    try await fixture.running(setting) { _ in
      await fixture.outbox.state.until { $0.renewals.contains { $0.count == 6 } }
      directory.answer(.success(nil))
      await fixture.outbox.state.until { $0.finishes.count == 6 }
    }
    #expect(
      fixture.outbox.state.value.finishes.allSatisfy { $0.outcome == .dropped(.noAccount) })
  }

  @Test func `once it answers its mails go`() async throws {
    let setting = try setting()
    try fixture.add(1...10, setting)
    try await fixture.running(setting) { _ in
      await directory.state.until { $0.asked == 2 }
      directory.answer(.success(try Sample.account()))
      await fixture.outbox.state.until { $0.finishes.count == 10 }
    }
    #expect(fixture.outbox.state.value.finishes.allSatisfy { $0.outcome == .sent })
  }

  @Test func `a suspect whose directory hangs holds up no other suspect`() async throws {
    let setting = try setting()
    try fixture.add(1...3, setting, to: .suspects)
    try fixture.add(11...13, setting, to: .suspects, for: "free")
    try await fixture.running(setting) { _ in
      await fixture.outbox.state.until { $0.finishes.count == 5 }
      #expect(directory.state.value.asked == 1)
    }
    let outcomes = fixture.outbox.state.value.finishes.map(\.outcome)
    #expect(outcomes.count { $0 == .sent } == 3)
    #expect(outcomes.compactMap(\.released).sorted() == [0, 1, 1])
  }
}
