import HTTPTypes
import HummingbirdCore
import Logging
import NIOCore
import NIOHTTP1
import NIOHTTPTypes
import NIOHTTPTypesHTTP1

/// What one connection may cost, in bytes, counts and seconds.
public struct EdgeLimits: Sendable {
  /// Octets of a request body.
  public var body = 16 * 1024
  /// Octets of a body sent to a mail provider's hook: batches of events.
  public var hookBody = 1024 * 1024
  /// Octets of the target with name and value of all fields together.
  public var headerBytes = 16 * 1024
  public var headerCount = 100
  /// From the first byte of a request to the end of its header.
  public var headSeconds: Int64 = 5
  /// From the end of the header to the end of the response.
  public var requestSeconds: Int64 = 10
  /// Between requests.
  public var idleSeconds: Int64 = 30
  /// Open connections of one listener.
  public var connections = 8192

  public init() {}

  /// Octets of a body for the few paths that have a limit of their own.
  private var bodies: [String: Int] = [:]

  /// - Parameter bodies: limits of octets by the path they are for.
  func with(bodies: [String: Int]) -> EdgeLimits {
    var limits = self
    limits.bodies = bodies
    return limits
  }

  func body(target: String) -> Int {
    guard !bodies.isEmpty else { return body }
    return bodies[String(Substring(target.utf8.prefix { $0 != UInt8(ascii: "?") }))] ?? body
  }
}

/// HTTP/1.1 on a connection with the limits that Hummingbird leaves to the application: a total
/// deadline a request, a strict reading of its framing, and an answer to what cannot be parsed.
struct EdgeChannel: HTTPChannelHandler {
  typealias Value = NIOAsyncChannel<HTTPRequestPart, HTTPResponsePart>

  let responder: Responder
  let limits: EdgeLimits
  var headers = SecurityHeaders(for: .internal)
  let onRefusal: @Sendable (EdgeRefusal, Trace) -> Void

  func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
    channel.eventLoop.makeCompletedFuture {
      let pipeline = channel.pipeline.syncOperations
      let deadlines = ConnectionDeadlines(limits: limits, channel: channel)
      try pipeline.addHandler(FirstByteHandler(deadlines: deadlines))
      try pipeline.configureHTTPServerPipeline(
        withPipeliningAssistance: false, withErrorHandling: false,
        withOutboundHeaderValidation: false, withEncoderConfiguration: .init(),
        withDecoderLimitConfiguration: decoderLimits)
      try pipeline.addHandler(
        EdgeHandler(
          limits: limits, deadlines: deadlines, headers: headers, onRefusal: onRefusal))
      try pipeline.addHandler(HTTP1ToHTTPServerCodec(secure: false))
      try pipeline.addHandler(HTTPConnectionStateHandler(logger: logger))
      return try NIOAsyncChannel(
        wrappingChannelSynchronously: channel,
        configuration: .init(isOutboundHalfClosureEnabled: true))
    }
  }

  func handle(value: Value, logger: Logger) async {
    await handleHTTP(asyncChannel: value, logger: logger)
  }

  private var decoderLimits: NIOHTTPDecoderLimitConfiguration {
    var decoder = NIOHTTPDecoderLimitConfiguration()
    decoder.maxHeaderFieldSize = limits.headerBytes
    decoder.maxHeaderListSize = limits.headerBytes
    decoder.maxHeaderFieldCount = limits.headerCount
    return decoder
  }
}
