import Delivery
import Formats
import PasswordReset
import ServiceLifecycle
import Storage
import Web

extension Assembly {
  /// The use cases with their stores.
  /// - Parameter onRecorded: tells whoever works that something is due.
  func surface(
    _ refusals: KnownRefusals, onRecorded: @escaping @Sendable () -> Void
  ) throws -> Surface {
    let reader = StoredRequests(database)
    let tokens = StoredTokens(database)
    let request = RequestReset(
      recorder: RequestWriter(
        database, lifetime: settings.lifetime, refusals: refusals, onRecorded: onRecorded),
      vault: vault, clock: database.time, random: Self.random)
    let verify = VerifyToken(
      reader: reader, vault: vault, clock: database.time, retention: settings.retention)
    return Surface(
      request: request,
      again: AskAgain(request: request, reader: reader, vault: vault, callers: callers),
      verify: verify,
      consume: ConsumeToken(consumer: tokens, vault: vault, verify: verify, callers: callers),
      complete: CompleteReset(completer: tokens, callers: callers),
      invalidate: InvalidateAccount(revoker: tokens, vault: vault), reader: reader,
      readiness: readiness, vault: vault, callers: callers, addresses: settings.addresses,
      pages: pages, hooks: try hooks(reader))
  }

  /// Both listeners, and with a worker of its own what that needs.
  func serving(
    withWorker: Bool, onBound: @escaping @Sendable (Listener.Kind, Int) async -> Void = { _, _ in }
  ) throws -> [any Service] {
    let hint = withWorker ? nil : WorkerHint(database)
    let refusals = KnownRefusals(clock: database.time)
    let surface = try surface(refusals) { [signal] in
      if let hint { hint.send() } else { signal.send() }
    }
    var limits = EdgeLimits()
    limits.connections = ProcessLimits.connectionsOfListener
    let (publicly, internally) = (settings.listenPublic, settings.listenInternal)
    // Behind a pooler nothing is heard; what was refused is then believed for a second all the same.
    let resets: [any Service] =
      settings.isBehindPooler ? [] : [LimitResetService(database: database, refusals: refusals)]
    return try [watch, reloading()] + resets + (withWorker ? working() : []) + [
      Listener.public(
        surface, isSecure: settings.publicURL?.url.isSecure ?? false, host: publicly.host.text,
        port: Int(publicly.port ?? 0),
        limits: limits, logger: logger, onBound: { await onBound(.public, $0) }),
      Listener.internal(
        surface, keys: callerKeys, host: internally.host.text, port: Int(internally.port ?? 0),
        limits: limits, logger: logger, onBound: { await onBound(.internal, $0) }),
    ]
  }

  var watch: DatabaseWatch { DatabaseWatch(readiness: readiness, logger: logger) }
}
