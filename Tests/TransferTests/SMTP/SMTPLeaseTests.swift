import Synchronization
import Testing
import Transfer

@Suite struct SMTPLeaseTests {
  /// True as often as told, and false from then on.
  private func permission(times: Int) -> (@Sendable () -> Bool, asked: @Sendable () -> Int) {
    let asked = Counter()
    return ({ asked.increase() <= times }, { asked.value })
  }

  @Test(arguments: [[], ["PIPELINING"]])
  func `a mail that is no longer to be sent when the server is ready has no final dot`(
    extensions: [String]
  ) async throws {
    let script = SMTPScript(extensions: extensions)
    let server = ScriptedServer(script.serve)
    var mail = mail(server.port)
    let (mayProceed, asked) = permission(times: 1)
    mail.mayProceed = mayProceed
    let result = try await withLoop { [mail] in await $0.perform(mail) }
    #expect(result == .transient(.message, "lease_lost"))
    await server.ended()
    #expect(script.commands.last == "DATA")
    #expect(script.messages.isEmpty)
    #expect(asked() == 2)
  }

  @Test func `a mail that is no longer to be sent at its turn is not begun`() async throws {
    let script = SMTPScript()
    let server = ScriptedServer(script.serve)
    try await withLoop { loop in
      var late = mail(server.port)
      late.mayProceed = { false }
      #expect(await loop.perform(late) == .transient(.mail, "lease_lost"))
      #expect(await loop.perform(mail(server.port)) == .delivered(code: 250))
    }
    #expect(server.accepted == 1)
    #expect(script.verbs("MAIL") == 1)
  }

  @Test func `a mail that is to be sent is asked about twice`() async throws {
    let server = ScriptedServer(SMTPScript().serve)
    var mail = mail(server.port)
    let (mayProceed, asked) = permission(times: 2)
    mail.mayProceed = mayProceed
    let result = try await withLoop { [mail] in await $0.perform(mail) }
    #expect(result == .delivered(code: 250))
    #expect(asked() == 2)
  }
}

private final class Counter: Sendable {
  private let count = Mutex(0)

  var value: Int { count.withLock { $0 } }

  func increase() -> Int {
    count.withLock { count in
      count += 1
      return count
    }
  }
}
