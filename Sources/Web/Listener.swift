import Hummingbird
import Glibc
import HummingbirdCore
public import Logging
import NIOCore
public import PasswordReset
public import ServiceLifecycle

/// One of the two listeners. Neither serves the other's routes.
public struct Listener: Service {
  private let application: Application<SurfaceResponder>
  private let address: String

  public enum Kind: String, Sendable {
    case `public`, `internal`
  }

  /// - Parameter onBound: told the port once it listens.
  private init(
    _ responder: SurfaceResponder, host: String, port: Int, logger: Logger,
    onBound: @escaping @Sendable (Int) async -> Void
  ) {
    address = "\(host):\(port)"
    let (headers, log) = (responder.headers, responder.log)
    let limits = responder.limits.with(bodies: responder.table.bodyLimits)
    application = Application(
      responder: responder,
      server: HTTPServerBuilder { respond in
        EdgeChannel(responder: respond, limits: limits, headers: headers) { refusal, trace in
          var entry = AccessLog.Entry(method: "-", trace: trace)
          (entry.status, entry.code) = (refusal.problem.status, refusal.problem.code)
          log.record(entry)
        }
      },
      configuration: ApplicationConfiguration(
        address: .hostname(host, port: port), serverName: nil, backlog: 1024,
        availableConnectionsDelegate: MaximumAvailableConnections(limits.connections)),
      onServerRunning: { channel in await onBound(channel.localAddress?.port ?? port) },
      logger: Self.quiet(logger))
  }

  public func run() async throws {
    do { try await application.run() } catch let error as IOError {
      throw NotBound(address: address, code: error.errnoCode)
    }
  }

  /// Why nothing listens.
  public struct NotBound: Error, Sendable, CustomStringConvertible {
    let address: String
    let code: CInt

    public var description: String {
      let cause = code == EADDRINUSE ? "the port is taken" : "errno \(code)"
      return "\(address) cannot be listened on: \(cause)"
    }
  }

  /// Hummingbird's own lines name targets in debug; ours say all there is to say.
  private static func quiet(_ logger: Logger) -> Logger {
    var logger = logger
    logger.logLevel = max(.warning, logger.logLevel)
    return logger
  }
}

extension Listener {
  /// For people: the link, its pages; and for mail providers, who call from outside too.
  public static func `public`(
    _ surface: Surface, isSecure: Bool, host: String, port: Int, limits: EdgeLimits = .init(),
    logger: Logger, onBound: @escaping @Sendable (Int) async -> Void = { _ in }
  ) -> Listener {
    Listener(
      SurfaceResponder(
        table: RouteTable(routes: surface.publicRoutes(hookBody: limits.hookBody)),
        keys: Reloadable(.empty),
        callers: surface.callers, headers: SecurityHeaders(for: .public(isSecure: isSecure)),
        log: AccessLog(logger: logger, listener: .public), limits: limits,
        notFoundPage: surface.problemPage),
      host: host, port: port, logger: logger, onBound: onBound)
  }

  /// For main apps with their keys.
  public static func `internal`(
    _ surface: Surface, keys: Reloadable<CallerKeys>, host: String, port: Int,
    limits: EdgeLimits = .init(), logger: Logger,
    onBound: @escaping @Sendable (Int) async -> Void = { _ in }
  ) -> Listener {
    Listener(
      SurfaceResponder(
        table: RouteTable(routes: surface.internalRoutes), keys: keys, callers: surface.callers,
        headers: SecurityHeaders(for: .internal),
        log: AccessLog(logger: logger, listener: .internal), limits: limits, notFoundPage: nil),
      host: host, port: port, logger: logger, onBound: onBound)
  }

  /// For the health of a worker.
  public static func health(
    _ surface: HealthSurface, callers: Reloadable<CallerBook>, host: String, port: Int,
    logger: Logger, onBound: @escaping @Sendable (Int) async -> Void = { _ in }
  ) -> Listener {
    Listener(
      SurfaceResponder(
        table: RouteTable(routes: surface.routes), keys: Reloadable(.empty), callers: callers,
        headers: SecurityHeaders(for: .internal),
        log: AccessLog(logger: logger, listener: .internal), limits: .init(), notFoundPage: nil),
      host: host, port: port, logger: logger, onBound: onBound)
  }
}
