import NIOCore

/// Closes a connection whose header, request or pause takes too long.
///
/// One timer a connection, never more than `horizon` ahead, looks whether the deadline has passed;
/// moving the deadline costs a store. Lives on the connection's event loop.
final class ConnectionDeadlines {
  enum Phase {
    case idle, head, request
  }

  private(set) var phase: Phase = .idle
  private let limits: EdgeLimits
  private let channel: any Channel
  private var deadline: NIODeadline
  private var timer: Scheduled<Void>?

  init(limits: EdgeLimits, channel: any Channel) {
    self.limits = limits
    self.channel = channel
    deadline = .now() + .seconds(limits.idleSeconds)
  }

  func start() {
    enter(.idle)
    arm()
  }

  func stop() {
    timer?.cancel()
    timer = nil
  }

  func enter(_ phase: Phase) {
    self.phase = phase
    let seconds =
      switch phase {
      case .idle: limits.idleSeconds
      case .head: limits.headSeconds
      case .request: limits.requestSeconds
      }
    deadline = .now() + .seconds(seconds)
  }

  /// The shortest phase: no deadline can pass unseen between two looks.
  private var horizon: TimeAmount {
    .seconds(min(limits.idleSeconds, limits.headSeconds, limits.requestSeconds))
  }

  private func arm() {
    let look = min(deadline, .now() + horizon)
    timer = channel.eventLoop.assumeIsolated().scheduleTask(deadline: look) { [weak self] in
      guard let self else { return }
      if NIODeadline.now() >= self.deadline {
        self.channel.close(promise: nil)
      } else {
        self.arm()
      }
    }
  }
}

/// Sees bytes before they are parsed, so that a header which never ends has a deadline too.
final class FirstByteHandler: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer

  private let deadlines: ConnectionDeadlines

  init(deadlines: ConnectionDeadlines) { self.deadlines = deadlines }

  func handlerAdded(context: ChannelHandlerContext) { deadlines.start() }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    if deadlines.phase == .idle { deadlines.enter(.head) }
    context.fireChannelRead(data)
  }

  func channelInactive(context: ChannelHandlerContext) {
    deadlines.stop()
    context.fireChannelInactive()
  }
}
