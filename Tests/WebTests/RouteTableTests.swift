import HTTPTypes
import Hummingbird
import Testing

@testable import Web

@Suite struct `The table of routes` {
  private static let answer: Route.Respond<RoutedRequest> = { _ throws(Problem) in
    Response(status: .ok)
  }
  private static let table = RouteTable(routes: [
    .get("/a", answer), .post("/a", answer), .post("/b", answer), .get("/b/{id}", answer),
  ])

  /// The path of the route that is found, or the methods there are, or `-`.
  private func found(_ method: HTTPRequest.Method, _ path: String) -> String {
    switch Self.table.match(method, path[...]) {
    case .route(let route, let parameter): "\(route.method) \(route.path) \(parameter)"
    case .wrongMethod(let allow, let route): "\(allow) of \(route.path)"
    case .nothing: "-"
    }
  }

  @Test func `finds a route by its method and its whole path`() {
    #expect(found(.get, "/a") == "GET /a ")
    #expect(found(.post, "/a") == "POST /a ")
    #expect(found(.post, "/b") == "POST /b ")
  }

  @Test func `answers HEAD where there is GET, and nowhere else`() {
    #expect(found(.head, "/a") == "GET /a ")
    #expect(found(.head, "/b") == "POST of /b")
  }

  @Test func `names every method there is, HEAD with GET`() {
    #expect(found(.put, "/a") == "GET, HEAD, POST of /a")
    #expect(found(.get, "/b") == "POST of /b")
    #expect(found(.options, "/b/7") == "GET, HEAD of /b/{id}")
  }

  @Test(arguments: ["7", "%2f", "x%20y", "{id}", "\u{301}", "..", "7;a"])
  func `takes one segment as it was sent`(segment: String) {
    #expect(found(.get, "/b/" + segment).utf8.elementsEqual("GET /b/{id} \(segment)".utf8))
  }

  @Test(arguments: [
    "/b/", "/b/7/", "/b/7/8", "/b//7", "//b/7", "/B/7", "/b/7/\u{301}", "/b\u{301}/7",
  ])
  func `takes no empty segment and no two`(path: String) {
    #expect(found(.get, path) == "-")
  }

  @Test(arguments: ["", "/", "a", "/a/", "//a", "/A", "/a\u{301}", "/%61", "/a?", "/ab", "/a b"])
  func `knows no second spelling of a path`(path: String) {
    #expect(found(.get, path) == "-")
  }
}

@Suite struct `The two doors` {
  private static let publicRoutes = ["GET /reset/verify", "POST /reset/again"]
  private static let internalRoutes = [
    "POST /reset/request", "POST /reset/verify", "POST /reset/consume", "POST /reset/complete",
    "POST /reset/invalidate", "GET /reset/requests/{id}", "GET /healthz", "GET /readyz",
  ]

  private func lines(_ table: RouteTable) -> [String] {
    table.routes.map { "\($0.method) \($0.path)" }
  }

  @Test func `have their own routes and none of the other's`() throws {
    let site = try Site()
    #expect(lines(site.publicResponder.table) == Self.publicRoutes)
    #expect(lines(site.internalResponder.table) == Self.internalRoutes)
    let health = HealthSurface(readiness: FixedReadiness(checks: []))
    #expect(lines(RouteTable(routes: health.routes)) == ["GET /healthz", "GET /readyz"])
  }

  @Test func `ask for a caller's key everywhere but for health`() throws {
    let site = try Site()
    for route in site.internalResponder.table.routes {
      var isCalled = false
      if case .called = route.handler { isCalled = true }
      #expect(isCalled == !["/healthz", "/readyz"].contains(route.path), "\(route.path)")
      #expect(route.errorPage == nil)
    }
    #expect(site.publicResponder.table.routes.allSatisfy { $0.errorPage != nil })
  }

  @Test(arguments: ["sendgrid", "mailgun", "postmark", "ses"])
  func `have a hook for each provider that is configured, with a limit of its own`(
    provider: String
  ) throws {
    var limits = EdgeLimits()
    limits.hookBody = 77
    let table = try Site(limits: limits, hooks: [provider]).publicResponder.table
    #expect(lines(table) == Self.publicRoutes + ["POST /hooks/\(provider)"])
    #expect(table.bodyLimits == ["/hooks/\(provider)": 77])
    #expect(table.routes.last?.errorPage == nil)
  }
}
