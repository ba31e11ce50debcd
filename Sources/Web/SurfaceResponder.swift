import Formats
import HTTPTypes
import Hummingbird
import PasswordReset

/// Answers every request of one listener: finds the route, asks for the caller's key before the
/// body is read, and turns whatever goes wrong into one answer and one log line.
struct SurfaceResponder: HTTPResponder {
  struct Context: InitializableFromSource {
    init(source: ApplicationRequestContextSource) {}
  }

  let table: RouteTable
  let keys: Reloadable<CallerKeys>
  let callers: Reloadable<CallerBook>
  let headers: SecurityHeaders
  let log: AccessLog
  let limits: EdgeLimits
  /// People get pages for paths that are not there, programs get problems.
  let notFoundPage: (@Sendable (Problem, Request) -> Response)?

  func respond(to request: Request, context: Context) async throws -> Response {
    let start = ContinuousClock.now
    var entry = AccessLog.Entry(method: request.method.logged, trace: Trace())
    var response = await answer(request, &entry)
    headers.apply(to: &response)
    entry.trace.apply(to: &response)
    if request.method == .head { response = response.createHeadResponse() }
    entry.status = response.status.code
    entry.elapsed = ContinuousClock.now - start
    log.record(entry)
    return response
  }

  private func answer(_ request: Request, _ entry: inout AccessLog.Entry) async -> Response {
    let target = request.head.path ?? ""
    let path = Substring(target.utf8.prefix { $0 != UInt8(ascii: "?") })
    var errorPage = notFoundPage
    do throws(Problem) {
      switch table.match(request.method, path) {
      case .nothing: throw .notFound
      case .wrongMethod(let allow, let route):
        errorPage = route.errorPage
        entry.route = route.path
        throw .methodNotAllowed(allow)
      case .route(let route, let parameter):
        errorPage = route.errorPage
        entry.route = route.path
        let routed = RoutedRequest(
          http: request, trace: entry.trace, parameter: parameter,
          bodyLimit: route.bodyLimit ?? limits.body)
        return try await run(route, routed, &entry)
      }
    } catch {
      (entry.code, entry.requestID) = (error.code, error.requestID)
      return errorPage?(error, request) ?? error.response(trace: entry.trace)
    }
  }

  private func run(
    _ route: Route, _ request: RoutedRequest, _ entry: inout AccessLog.Entry
  ) async throws(Problem) -> Response {
    let answer: Answer
    switch route.handler {
    case .open(let handler): answer = try await handler(request)
    case .called(let handler):
      let caller = try authenticate(request.http)
      entry.caller = caller.name
      answer = try await handler(CallerRequest(request: request, caller: caller))
    }
    entry.requestID = answer.requestID
    return answer.response
  }

  /// RFC 6750 §2.1, in the header only: exactly one, the scheme in any case.
  private func authenticate(_ request: Request) throws(Problem) -> Caller {
    let values = request.headers[values: .authorization]
    guard values.count == 1, let value = values.first else { throw .unauthorized }
    let scheme = "bearer "
    guard String(decoding: value.utf8.prefix(7), as: UTF8.self).asciiLowercased == scheme,
      let name = keys.value.name(of: String(Substring(value.utf8.dropFirst(7))))
    else { throw .unauthorized }
    return callers.value[name]
  }
}
