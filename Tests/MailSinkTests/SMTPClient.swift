import MailSink
import NIOCore
import NIOPosix

/// A client that sends what it is told, right or wrong, and reads replies.
final class SMTPClient {
  struct Reply: Equatable {
    let code: Int
    let lines: [String]
  }

  struct Closed: Error {}

  private var input: NIOAsyncChannelInboundStream<ByteBuffer>.AsyncIterator
  private let output: NIOAsyncChannelOutboundWriter<ByteBuffer>
  private var received: [UInt8] = []

  init(
    _ input: NIOAsyncChannelInboundStream<ByteBuffer>,
    _ output: NIOAsyncChannelOutboundWriter<ByteBuffer>
  ) {
    self.input = input.makeAsyncIterator()
    self.output = output
  }

  func send(_ text: String) async throws {
    try await output.write(ByteBuffer(string: text))
  }

  func send(bytes: [UInt8]) async throws {
    try await output.write(ByteBuffer(bytes: bytes))
  }

  /// The next reply, all its lines; throws `Closed` when the sink closed instead.
  func reply() async throws -> Reply {
    var lines: [String] = []
    while true {
      let line = try await line()
      lines.append(String(line.dropFirst(4)))
      if line.utf8.dropFirst(3).first != UInt8(ascii: "-") {
        return Reply(code: Int(line.prefix(3)) ?? 0, lines: lines)
      }
    }
  }

  /// Sends a line and returns the code of the reply.
  @discardableResult
  func command(_ line: String) async throws -> Int {
    try await send(line + "\r\n")
    return try await reply().code
  }

  /// Up to an accepted EHLO.
  func greet() async throws {
    _ = try await reply()
    try await command("EHLO client.test")
  }

  /// From MAIL to the 354.
  func beginMail(to recipients: String...) async throws {
    try await command("MAIL FROM:<from@client.test>")
    for recipient in recipients { try await command("RCPT TO:<\(recipient)>") }
    try await command("DATA")
  }

  /// A whole mail; returns the code of the last reply.
  @discardableResult
  func mail(to recipients: String..., text: String = "Subject: hello\r\n\r\nhello\r\n")
    async throws -> Int
  {
    try await command("MAIL FROM:<from@client.test>")
    for recipient in recipients { try await command("RCPT TO:<\(recipient)>") }
    try await command("DATA")
    return try await command(text + ".")
  }

  private func line() async throws -> String {
    while true {
      if let end = received.firstIndex(of: 0x0A) {
        defer { received.removeFirst(end + 1) }
        return String(decoding: received[..<(end - 1)], as: UTF8.self)
      }
      guard let more = try? await input.next() else { throw Closed() }
      received += more.readableBytesView
    }
  }
}

/// A running sink that is stopped when the test is over.
func withSink(
  _ configuration: MailSink.Configuration = .init(),
  _ body: (MailSink) async throws -> Void
) async throws {
  let sink = MailSink(configuration: configuration)
  try await sink.start()
  do {
    try await body(sink)
    await sink.stop()
  } catch {
    await sink.stop()
    throw error
  }
}

func withClient(
  of sink: MailSink, _ body: @escaping @Sendable (SMTPClient) async throws -> Void
) async throws {
  let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
    .connect(host: "127.0.0.1", port: sink.port) { channel in
      channel.eventLoop.makeCompletedFuture {
        try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
      }
    }
  try await channel.executeThenClose { input, output in
    try await body(SMTPClient(input, output))
  }
}

/// A sink and one client that has said EHLO.
func withSession(
  _ configuration: MailSink.Configuration = .init(),
  _ body: @escaping @Sendable (MailSink, SMTPClient) async throws -> Void
) async throws {
  try await withSink(configuration) { sink in
    try await withClient(of: sink) { client in
      try await client.greet()
      try await body(sink, client)
    }
  }
}
