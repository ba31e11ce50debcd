import HTTPTypes
import NIOCore
import NIOHTTP1

/// Stands between the parser and the routes: forwards what is well framed and within limits, answers
/// the rest itself and closes, and keeps the connection's deadlines.
final class EdgeHandler: ChannelDuplexHandler {
  typealias InboundIn = HTTPServerRequestPart
  typealias InboundOut = HTTPServerRequestPart
  typealias OutboundIn = HTTPServerResponsePart
  typealias OutboundOut = HTTPServerResponsePart

  private let limits: EdgeLimits
  private let deadlines: ConnectionDeadlines
  private let headers: SecurityHeaders
  private let onRefusal: @Sendable (EdgeRefusal, Trace) -> Void
  /// Requests handed on whose response has not ended.
  private var unanswered = 0
  private var bodyBytes = 0
  private var bodyLimit = 0
  /// Between a request's header and its end.
  private var isReading = false
  /// The client has said that no request follows this one.
  private var isLast = false
  private var closeAfterResponse = false
  /// From here on nothing that arrives is handed on.
  private var isDeaf = false
  private var refusal: (cause: EdgeRefusal, trace: Trace)?

  init(
    limits: EdgeLimits, deadlines: ConnectionDeadlines, headers: SecurityHeaders,
    onRefusal: @escaping @Sendable (EdgeRefusal, Trace) -> Void
  ) {
    self.limits = limits
    self.deadlines = deadlines
    self.headers = headers
    self.onRefusal = onRefusal
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    guard !isDeaf else { return }
    switch unwrapInboundIn(data) {
    case .head(let head):
      do {
        try head.checkFraming()
      } catch {
        return refuse(error, context: context)
      }
      guard !isLast else {
        isDeaf = true
        return
      }
      isLast = !head.isKeepAlive
      isReading = true
      deadlines.enter(.request)
      if head.expectsContinue, unanswered == 0 { sendContinue(context: context) }
      bodyBytes = 0
      bodyLimit = limits.body(target: head.uri)
      unanswered += 1
      context.fireChannelRead(data)
    case .body(let bytes):
      forwardBody(bytes, data, context: context)
    case .end:
      isReading = false
      if unanswered == 0 { deadlines.enter(.idle) }
      context.fireChannelRead(data)
    }
  }

  /// RFC 9110 §10.1.1: the client holds its body back until it hears this.
  private func sendContinue(context: ChannelHandlerContext) {
    let head = HTTPResponseHead(version: .http1_1, status: .continue)
    context.writeAndFlush(wrapOutboundOut(.head(head)), promise: nil)
  }

  /// Hands on one part beyond the limit, so that a route which reads the body answers 413; more is
  /// never buffered, and the connection ends with the response.
  private func forwardBody(_ bytes: ByteBuffer, _ data: NIOAny, context: ChannelHandlerContext) {
    bodyBytes += bytes.readableBytes
    context.fireChannelRead(data)
    guard bodyBytes > bodyLimit else { return }
    isDeaf = true
    closeAfterResponse = true
    if unanswered == 0 { context.close(promise: nil) }
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    switch error as? HTTPParserError {
    case .headerOverflow?: refuse(.headersTooLarge, context: context)
    case .invalidMethod?: refuse(.unknownMethod, context: context)
    case .some: refuse(.malformed, context: context)
    case nil: context.fireErrorCaught(error)
    }
  }

  private func refuse(_ cause: EdgeRefusal, context: ChannelHandlerContext) {
    guard refusal == nil else { return }
    isDeaf = true
    let trace = Trace()
    refusal = (cause, trace)
    onRefusal(cause, trace)
    // Earlier requests on this connection are answered first.
    if unanswered == 0 { answer(cause, trace, context: context) }
  }

  private func answer(_ cause: EdgeRefusal, _ trace: Trace, context: ChannelHandlerContext) {
    let (status, type, body) = cause.problem.plainResponse(trace: trace)
    var fields = HTTPHeaders([("content-type", type)])
    fields.add(name: Trace.header, value: trace.text)
    for (name, value) in headers.fields { fields.add(name: name.rawName, value: value) }
    fields.add(name: "content-length", value: String(body.count))
    fields.add(name: "connection", value: "close")
    let head = HTTPResponseHead(
      version: .http1_1, status: .init(statusCode: status), headers: fields)
    context.write(wrapOutboundOut(.head(head)), promise: nil)
    context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(bytes: body)))), promise: nil)
    context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
    closeGently(context: context)
  }

  func write(
    context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?
  ) {
    switch unwrapOutboundIn(data) {
    case .head(var head):
      if isLast, unanswered == 1 { closeAfterResponse = true }
      if closeAfterResponse { head.headers.replaceOrAdd(name: "connection", value: "close") }
      if head.headers["connection"].contains("close") { closeAfterResponse = true }
      context.write(wrapOutboundOut(.head(head)), promise: promise)
    case .body:
      context.write(data, promise: promise)
    case .end:
      unanswered -= 1
      if unanswered == 0, !isReading { deadlines.enter(.idle) }
      if closeAfterResponse || refusal != nil {
        context.writeAndFlush(data, promise: promise)
        finish(context: context)
      } else {
        context.write(data, promise: promise)
      }
    }
  }

  private func finish(context: ChannelHandlerContext) {
    guard unanswered == 0 else { return }
    if let refusal, !closeAfterResponse {
      answer(refusal.cause, refusal.trace, context: context)
    } else {
      isDeaf = true
      closeGently(context: context)
    }
  }

  /// Ends our side and reads on for a second at most: closing at once with unread bytes would make
  /// the kernel send RST, and the client could lose the answer (RFC 9112 §9.6).
  private func closeGently(context: ChannelHandlerContext) {
    let channel = context.channel
    context.close(mode: .output, promise: nil)
    context.eventLoop.scheduleTask(in: .seconds(1)) { channel.close(promise: nil) }
  }
}
