internal import NIOCore
internal import Synchronization

/// Carries bytes and steps between one channel and its session. Confined to the channel's loop.
final class SMTPConnection: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer

  private enum Mode {
    case open
    /// A step waits; the rest of its line's steps come after it.
    case waiting(ArraySlice<SMTPSession.Step>)
    /// Input is thrown away.
    case hung
    case closing
  }

  private let sink: MailSink
  private let number: Int
  private var session: SMTPSession
  private var reader = LineReader()
  private var mode = Mode.open
  private var output = ByteBuffer()

  init(sink: MailSink, number: Int) {
    self.sink = sink
    self.number = number
    session = SMTPSession(settings: sink.configuration) { stage, recipients in
      sink.state.withLock { $0.script.decide(at: stage, recipients: recipients) }
    }
  }

  func channelActive(context: ChannelHandlerContext) {
    perform(session.open()[...], context)
    flush(context)
    context.fireChannelActive()
  }

  func channelInactive(context: ChannelHandlerContext) {
    mode = .closing
    context.fireChannelInactive()
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    var bytes = unwrapInboundIn(data)
    switch mode {
    case .open, .waiting: reader.append(&bytes)
    case .hung, .closing: return
    }
    readLines(context)
  }

  /// A client that sends and never reads must not make the replies pile up.
  func channelWritabilityChanged(context: ChannelHandlerContext) {
    if !context.channel.isWritable { close(context) }
    context.fireChannelWritabilityChanged()
  }

  /// A reset connection is an everyday thing here.
  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    close(context)
  }

  private func readLines(_ context: ChannelHandlerContext) {
    while case .open = mode, let line = reader.next(limit: session.lineLimit) {
      log(line)
      perform(session.receive(line)[...], context)
    }
    flush(context)
  }

  private func perform(_ steps: ArraySlice<SMTPSession.Step>, _ context: ChannelHandlerContext) {
    var rest = steps
    while let step = rest.popFirst() {
      switch step {
      case .reply(let reply): write(reply, context)
      case .store(let draft): sink.receive(draft, on: number)
      case .wait(let time): return wait(time, then: rest, context)
      case .hang: mode = .hung
      case .close: closeAfterOutput(context)
      }
    }
  }

  private func write(_ reply: SMTPReply, _ context: ChannelHandlerContext) {
    reply.write(to: &output)
    if reply.closes { closeAfterOutput(context) }
  }

  private func wait(
    _ time: Duration, then rest: ArraySlice<SMTPSession.Step>, _ context: ChannelHandlerContext
  ) {
    mode = .waiting(rest)
    flush(context)
    context.eventLoop.assumeIsolated().scheduleTask(in: TimeAmount(time)) {
      guard case .waiting(let rest) = self.mode else { return }
      self.mode = .open
      self.perform(rest, context)
      self.readLines(context)
    }
  }
}

// Output and the end.
extension SMTPConnection {
  private func flush(_ context: ChannelHandlerContext) {
    guard output.readableBytes > 0 else { return }
    context.writeAndFlush(wrapOutboundOut(output), promise: nil)
    output = ByteBuffer()
  }

  private func closeAfterOutput(_ context: ChannelHandlerContext) {
    mode = .closing
    guard output.readableBytes > 0 else { return context.close(promise: nil) }
    let written = context.writeAndFlush(wrapOutboundOut(output))
    output = ByteBuffer()
    written.assumeIsolated().whenComplete { _ in context.close(promise: nil) }
  }

  private func close(_ context: ChannelHandlerContext) {
    mode = .closing
    context.close(promise: nil)
  }

  private func log(_ line: LineReader.Line) {
    if case .text = session.phase { return }
    guard case .complete(let bytes) = line else { return }
    let command = MailSink.CommandLine(
      connection: number, line: String(buffer: bytes))
    sink.state.withLock { $0.log(command) }
  }
}
