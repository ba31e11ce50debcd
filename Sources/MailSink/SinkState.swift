internal import NIOCore

/// Everything a sink's connections share, behind its lock. No function here waits or does I/O.
struct SinkState: Sendable {
  typealias Waiter = CheckedContinuation<Result<ReceivedMail, MailSinkError>, Never>

  enum Phase {
    case stopped
    case starting
    case running(any Channel)
  }

  let configuration: MailSink.Configuration
  var phase = Phase.stopped
  var port: Int
  var script = Script()
  var connections = 0
  var open: [Int: any Channel] = [:]
  var received = 0
  var mails = MailStore()
  var commands: [MailSink.CommandLine] = []
  var waiters: [Int: (recipient: String?, continuation: Waiter)] = [:]
  var waits = 0
  var observers: [@Sendable (ReceivedMail) -> Void] = []

  init(configuration: MailSink.Configuration) {
    self.configuration = configuration
    port = configuration.port
  }
}

// Life of the server.
extension SinkState {
  /// The port to bind, or nil when there is nothing to do.
  mutating func beginStart() -> Int? {
    guard case .stopped = phase else { return nil }
    phase = .starting
    return port
  }

  /// - Returns: true when it was stopped meanwhile and the channel must go.
  mutating func didStart(_ server: any Channel, port: Int) -> Bool {
    guard case .starting = phase else { return true }
    phase = .running(server)
    self.port = port
    return false
  }

  mutating func failStart() {
    if case .starting = phase { phase = .stopped }
  }

  mutating func stop() -> ([any Channel], [Waiter]) {
    var channels = Array(open.values)
    if case .running(let server) = phase { channels.insert(server, at: 0) }
    phase = .stopped
    defer { waiters = [:] }
    return (channels, waiters.values.map(\.continuation))
  }

  /// The number of a new connection; nil when the sink has been stopped.
  mutating func accept(_ channel: any Channel) -> Int? {
    if case .stopped = phase { return nil }
    connections += 1
    open[connections] = channel
    return connections
  }
}

// Mails and those who wait for them.
extension SinkState {
  /// Keeps a mail and says who is to be told.
  mutating func store(_ mail: ReceivedMail) -> Waiter? {
    mails.add(
      mail, limit: configuration.storeLimit, octets: configuration.storeOctets)
    let match = waiters.sorted { $0.key < $1.key }.first { _, waiter in
      waiter.recipient.map(mail.isAddressed(to:)) ?? true
    }
    guard let match else { return nil }
    _ = mails.take(to: match.value.recipient)
    return waiters.removeValue(forKey: match.key)?.continuation
  }

  mutating func log(_ command: MailSink.CommandLine) {
    commands.append(command)
    // Dropping a block at a time keeps the cost per command constant.
    if commands.count >= 2 * MailSink.commandLimit {
      commands.removeFirst(commands.count - MailSink.commandLimit)
    }
  }
}
