internal import Foundation
internal import NIOCore
internal import NIOPosix
internal import Synchronization

/// An SMTP server (RFC 5321) that keeps what it receives, for `rekey-dev`. It delivers nothing to
/// anyone and offers neither TLS nor AUTH.
///
/// It is strict where real servers differ, so that what passes here passes there: lines end with
/// CRLF only (CVE-2023-51764), parameters must have been offered, line and size limits hold.
public final class MailSink: Sendable {
  public struct Configuration: Sendable {
    public var host: String
    /// 0 lets the system choose; read `MailSink.port` after the start.
    public var port: Int
    /// The name in the greeting and in the EHLO answer.
    public var name = "mailbox.localhost"
    /// How many mails are kept; the oldest go first.
    public var storeLimit = 1000
    /// How many octets of mails are kept in all; the newest mail is always kept.
    public var storeOctets = 256 << 20
    /// The largest message taken, in octets as stored (RFC 1870); larger ones get 552.
    public var sizeLimit = 10 << 20
    /// Milliseconds since 1970, for `ReceivedMail.receivedAt`.
    public var now: @Sendable () -> Int64 = { Int64(Date().timeIntervalSince1970 * 1000) }

    public init(host: String = "127.0.0.1", port: Int = 0) {
      self.host = host
      self.port = port
    }
  }

  /// Why a sink could not start.
  public enum Problem: Error, Equatable, CustomStringConvertible {
    case cannotListen(host: String, port: Int)

    public var description: String {
      switch self {
      case .cannotListen(let host, let port): "the mail sink cannot listen on \(host):\(port)"
      }
    }
  }

  private struct State {
    var server: (any Channel)?
    var connections: [ObjectIdentifier: any Channel] = [:]
    var isStopped = false
    var received = 0
    var mails: [ReceivedMail] = []
    var octets = 0
  }

  public let configuration: Configuration
  private let state = Mutex(State())

  public init(configuration: Configuration = Configuration()) {
    self.configuration = configuration
  }

  /// Listens, once.
  /// - Throws: `cannotListen` when the address is taken or not ours.
  public func start() async throws(Problem) {
    do {
      let server = try await bootstrap()
        .bind(host: configuration.host, port: configuration.port).get()
      let isStopped = state.withLock { state in
        state.server = server
        return state.isStopped
      }
      if isStopped { try await server.close() }
    } catch {
      throw .cannotListen(host: configuration.host, port: configuration.port)
    }
  }

  /// Stops listening and closes every connection at once, in the middle of whatever it does.
  public func stop() async {
    let channels = state.withLock { state in
      state.isStopped = true
      return [state.server].compactMap { $0 } + state.connections.values
    }
    for channel in channels { channel.close(promise: nil) }
    for channel in channels { try? await channel.closeFuture.get() }
  }

  /// The port it listens on, once it does; before that the configured one.
  public var port: Int {
    state.withLock { $0.server?.localAddress?.port } ?? configuration.port
  }

  /// The mails kept, newest last.
  public var mails: [ReceivedMail] { state.withLock { $0.mails } }

  func receive(_ draft: MailDraft) {
    let now = configuration.now()
    state.withLock { state in
      state.received += 1
      state.mails.append(draft.received(id: state.received, at: now))
      state.octets += draft.data.count
      while state.mails.count > 1,
        state.mails.count > configuration.storeLimit || state.octets > configuration.storeOctets
      {
        state.octets -= state.mails.removeFirst().data.count
      }
    }
  }

  private func bootstrap() -> ServerBootstrap {
    ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .serverChannelOption(.backlog, value: 256)
      .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
      .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          guard self.accept(channel) else { throw ChannelError.ioOnClosedChannel }
          try channel.pipeline.syncOperations.addHandler(SMTPConnection(sink: self))
        }
      }
  }

  /// - Returns: false when it has been stopped.
  private func accept(_ channel: any Channel) -> Bool {
    let id = ObjectIdentifier(channel)
    channel.closeFuture.whenComplete { _ in
      self.state.withLock { $0.connections[id] = nil }
    }
    return state.withLock { state in
      if !state.isStopped { state.connections[id] = channel }
      return !state.isStopped
    }
  }
}
