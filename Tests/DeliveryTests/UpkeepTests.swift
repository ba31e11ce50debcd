import Delivery
import Logging
import ServiceLifecycle
import Testing

@Suite(.timeLimit(.minutes(2))) struct UpkeepTests {
  private struct Fault: Error, CustomStringConvertible { let description = "no such luck" }

  private let book = LogBook()
  private let runs = Watched(0)

  private func run(
    every interval: Duration = .seconds(3600), until isEnough: @escaping @Sendable (Int) -> Bool,
    work: @escaping @Sendable (Int) throws -> Int
  ) async throws {
    let upkeep = Upkeep("things made", every: interval, logger: book.logger) { [runs] in
      let number = runs.update { number in
        number += 1
        return number
      }
      return try work(number)
    }
    let services = ServiceGroup(services: [upkeep], logger: Logger(label: "test"))
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try await services.run() }
      await runs.until(isEnough)
      await services.triggerGracefulShutdown()
      try await group.waitForAll()
    }
  }

  @Test func `it works at its start and ends in the middle of a pause`() async throws {
    try await run(until: { $0 == 1 }) { _ in 0 }
    #expect(runs.value == 1 && book.lines.value.isEmpty)
  }

  @Test func `it works again after each interval and says what there was to do`() async throws {
    try await run(every: .milliseconds(1), until: { $0 >= 3 }) { $0 == 2 ? 8 : 0 }
    #expect(book.lines.value == ["info things made count=8"])
  }

  @Test func `what fails is tried again soon, however long the interval`() async throws {
    try await run(until: { $0 == 2 }) { number in
      if number == 1 { throw Fault() }
      return 1
    }
    #expect(
      book.lines.value.first == "warning not done yet: things made error=no such luck")
  }
}
