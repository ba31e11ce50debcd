import HTTPTypes
import Hummingbird
import PasswordReset

/// One line of the HTTP surface: a method, a path and what answers.
struct Route: Sendable {
  typealias Handle<Routed> = @Sendable (Routed) async throws(Problem) -> Answer
  typealias Respond<Routed> = @Sendable (Routed) async throws(Problem) -> Response

  enum Handler: Sendable {
    case open(Handle<RoutedRequest>)
    /// Needs a caller key.
    case called(Handle<CallerRequest>)
  }

  let method: HTTPRequest.Method
  /// Compared whole and byte for byte; a last segment `{id}` takes one non-empty segment.
  let path: String
  let handler: Handler
  /// Public pages answer people, so their errors are pages too.
  var errorPage: (@Sendable (Problem, Request) -> Response)?
  /// Octets of a body, where they are not the listener's limit.
  var bodyLimit: Int?

  static func get(_ path: String, _ handler: @escaping Respond<RoutedRequest>) -> Route {
    Route(method: .get, path: path, handler: .open(answering(handler)))
  }

  static func get(_ path: String, caller handler: @escaping Respond<CallerRequest>) -> Route {
    Route(method: .get, path: path, handler: .called(answering(handler)))
  }

  static func post(_ path: String, _ handler: @escaping Respond<RoutedRequest>) -> Route {
    Route(method: .post, path: path, handler: .open(answering(handler)))
  }

  static func post(_ path: String, naming handler: @escaping Handle<RoutedRequest>) -> Route {
    Route(method: .post, path: path, handler: .open(handler))
  }

  static func post(_ path: String, caller handler: @escaping Respond<CallerRequest>) -> Route {
    Route(method: .post, path: path, handler: .called(answering(handler)))
  }

  static func post(
    _ path: String, callerNaming handler: @escaping Handle<CallerRequest>
  ) -> Route {
    Route(method: .post, path: path, handler: .called(handler))
  }

  private static func answering<Routed>(
    _ respond: @escaping Respond<Routed>
  ) -> Handle<Routed> {
    { routed throws(Problem) in Answer(response: try await respond(routed)) }
  }

  func page(_ errorPage: @escaping @Sendable (Problem, Request) -> Response) -> Route {
    var route = self
    route.errorPage = errorPage
    return route
  }

  func body(atMost limit: Int) -> Route {
    var route = self
    route.bodyLimit = limit
    return route
  }
}

/// What a route answers.
struct Answer: Sendable {
  let response: Response
  /// Which reset request it was about, for the log.
  var requestID: RequestID?
}

/// Finds the route of a path. There are a dozen, so looking at each is quick, and no path has a
/// second spelling: no folding of slashes, case or percent signs.
struct RouteTable: Sendable {
  let routes: [Route]

  enum Match {
    case route(Route, parameter: String)
    case wrongMethod(allow: String, Route)
    case nothing
  }

  func match(_ method: HTTPRequest.Method, _ path: Substring) -> Match {
    var others: [Route] = []
    for route in routes {
      guard let parameter = parameter(of: path, in: route.path) else { continue }
      if route.method == method || method == .head && route.method == .get {
        return .route(route, parameter: parameter)
      }
      others.append(route)
    }
    guard let first = others.first else { return .nothing }
    let allow = others.map { $0.method == .get ? "GET, HEAD" : $0.method.rawValue }
    return .wrongMethod(allow: allow.joined(separator: ", "), first)
  }

  private func parameter(of path: Substring, in pattern: String) -> String? {
    let marker = "{id}"
    guard pattern.hasSuffix(marker) else {
      return path.utf8.elementsEqual(pattern.utf8) ? "" : nil
    }
    let prefix = pattern.utf8.dropLast(marker.utf8.count)
    guard path.utf8.starts(with: prefix) else { return nil }
    let rest = path.utf8.dropFirst(prefix.count)
    guard !rest.isEmpty, !rest.contains(UInt8(ascii: "/")) else { return nil }
    return String(Substring(rest))
  }
}

extension RouteTable {
  /// Where bodies have a limit of their own. Looked up by the whole path, so not for `{id}`.
  var bodyLimits: [String: Int] {
    Dictionary(
      routes.compactMap { route in route.bodyLimit.map { (route.path, $0) } }, uniquingKeysWith: max
    )
  }
}
