internal import Hummingbird

/// What a request brings besides its head and body.
struct DemoContext: RequestContext {
  var coreContext: CoreRequestContextStorage
  /// The other end of the connection. Behind a proxy this is the proxy; an app that has one reads
  /// the header its own proxy sets.
  let clientIP: String?

  /// Octets of a form.
  var maxUploadSize: Int { 16_384 }

  init(source: ApplicationRequestContextSource) {
    coreContext = CoreRequestContextStorage(source: source)
    clientIP = source.channel.remoteAddress?.ipAddress
  }
}
