internal import NIOCore
internal import NIOPosix
internal import Synchronization

/// A scriptable SMTP server (RFC 5321) that keeps what it receives: the mailbox of `rekey dev`
/// and the far end of tests. It delivers nothing to anyone and offers neither TLS nor AUTH.
///
/// It is strict where real servers differ, so that what passes here passes there: lines end with
/// CRLF only (CVE-2023-51764), parameters must have been offered, line and size limits hold.
public final class MailSink: Sendable {
  public let configuration: Configuration
  let state: Mutex<SinkState>

  public init(configuration: Configuration = Configuration()) {
    self.configuration = configuration
    state = Mutex(SinkState(configuration: configuration))
  }

  /// Listens. A sink that was stopped listens again on the port it had, with its mails kept:
  /// the outage of a mail server and its end. Does nothing when it already listens.
  /// - Throws: `cannotListen` when the address is taken or not ours.
  public func start() async throws(MailSinkError) {
    guard let wanted = state.withLock({ $0.beginStart() }) else { return }
    do {
      let server = try await bootstrap().bind(host: configuration.host, port: wanted).get()
      let stopped = state.withLock {
        $0.didStart(server, port: server.localAddress?.port ?? wanted)
      }
      if stopped { try await server.close() }
    } catch {
      state.withLock { $0.failStart() }
      throw .cannotListen(host: configuration.host, port: wanted)
    }
  }

  /// Stops listening and closes every connection at once, in the middle of whatever it does.
  /// Whoever waits in `next` gets `stopped`.
  public func stop() async {
    let (channels, waiters) = state.withLock { $0.stop() }
    for waiter in waiters { waiter.resume(returning: .failure(.stopped)) }
    for channel in channels { channel.close(promise: nil) }
    for channel in channels { try? await channel.closeFuture.get() }
  }

  /// The port it listens on, from the first `start` on; before that the configured one.
  public var port: Int { state.withLock { $0.port } }

  private func bootstrap() -> ServerBootstrap {
    ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .serverChannelOption(.backlog, value: 256)
      .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
      .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          guard let number = self.state.withLock({ $0.accept(channel) }) else {
            throw MailSinkError.stopped
          }
          channel.closeFuture.whenComplete { _ in
            self.state.withLock { $0.open[number] = nil }
          }
          let connection = SMTPConnection(sink: self, number: number)
          try channel.pipeline.syncOperations.addHandler(connection)
        }
      }
  }
}
