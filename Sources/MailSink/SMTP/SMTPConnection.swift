internal import NIOCore

/// Carries bytes and steps between one channel and its session. Confined to the channel's loop.
final class SMTPConnection: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer

  private let sink: MailSink
  private var session: SMTPSession
  private var reader = LineReader()
  private var isClosing = false
  private var output = ByteBuffer()

  init(sink: MailSink) {
    self.sink = sink
    session = SMTPSession(settings: sink.configuration)
  }

  func channelActive(context: ChannelHandlerContext) {
    perform(session.open(), context)
    flush(context)
    context.fireChannelActive()
  }

  func channelInactive(context: ChannelHandlerContext) {
    isClosing = true
    context.fireChannelInactive()
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    var bytes = unwrapInboundIn(data)
    guard !isClosing else { return }
    reader.append(&bytes)
    while !isClosing, let line = reader.next(limit: session.lineLimit) {
      perform(session.receive(line), context)
    }
    flush(context)
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

  private func perform(_ steps: [SMTPSession.Step], _ context: ChannelHandlerContext) {
    for step in steps {
      switch step {
      case .reply(let reply): reply.write(to: &output)
      case .store(let draft): sink.receive(draft)
      case .close: closeAfterOutput(context)
      }
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
    isClosing = true
    guard output.readableBytes > 0 else { return context.close(promise: nil) }
    let written = context.writeAndFlush(wrapOutboundOut(output))
    output = ByteBuffer()
    written.assumeIsolated().whenComplete { _ in context.close(promise: nil) }
  }

  private func close(_ context: ChannelHandlerContext) {
    isClosing = true
    context.close(promise: nil)
  }
}
