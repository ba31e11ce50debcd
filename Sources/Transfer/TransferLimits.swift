/// How much a loop holds open.
struct TransferLimits: Sendable {
  let maxConnections: Int
  let maxConnectionsPerHost: Int
  let idleLifetime: Duration

  /// Moves values out of bounds to the nearest bound.
  init(maxConnections: Int, maxConnectionsPerHost: Int, idleLifetime: Duration) {
    self.maxConnections = min(max(maxConnections, 1), 1000)
    self.maxConnectionsPerHost = min(max(maxConnectionsPerHost, 1), self.maxConnections)
    self.idleLifetime = min(max(idleLifetime, .seconds(1)), .seconds(3600))
  }
}
