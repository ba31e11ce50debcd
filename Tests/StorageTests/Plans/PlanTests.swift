import Postgres
import Testing

@testable import Storage

/// Every prepared query reads a few rows by key of tables of a real size, whenever its plan was made.
@Suite struct PlanTests {
  /// Who plans how: as the processes do, and where they leave it to the server, in both ways it has.
  private struct Planner: Sendable {
    let name: String
    let settings: [String: String]
    let calls: [PlannedCall]
    var isCommand = false
  }

  private static let planners = [
    Planner(name: "serve", settings: Database.planning, calls: PlannedCall.serving),
    Planner(name: "work", settings: Database.planning, calls: PlannedCall.working),
    Planner(
      name: "ops", settings: OperatorSession.planning, calls: PlannedCall.operating, isCommand: true
    ),
    Planner(
      name: "purge, generic", settings: ["plan_cache_mode": "force_generic_plan"],
      calls: PlannedCall.purging, isCommand: true),
    Planner(
      name: "purge, custom", settings: ["plan_cache_mode": "force_custom_plan"],
      calls: PlannedCall.purging, isCommand: true),
  ]

  @Test func `every query is looked at`() {
    let names = Set(Self.planners.flatMap(\.calls).map(\.statement.name))
    #expect(Set(Queries.all.map(\.name)).subtracting(names).sorted() == [])
  }

  @Test func `no query reads or sorts more than its batch, whatever its plan was made on`()
    async throws
  {
    try await TestDatabase.with { database in
      try await database.makeSamples()
      // Processes plan while all is empty; a command begins when the tables are full.
      var plans = try await Self.plans(of: Self.planners.filter { !$0.isCommand }, in: database)
      try await database.fillSamples()
      plans += try await Self.plans(of: Self.planners.filter(\.isCommand), in: database)
      for isAnalyzed in [false, true] {
        if isAnalyzed { try await database.script("ANALYZE") }
        for (planner, session) in plans {
          for call in planner.calls {
            let nodes = try await PlanNode.of(call.execution, in: session)
            Self.judge(nodes, of: call, "\(planner.name), analyzed: \(isAnalyzed), \(call)")
          }
        }
      }
      for (_, session) in plans { await session.close() }
    }
  }

  private static func plans(
    of planners: [Planner], in database: TestDatabase
  ) async throws -> [(Planner, Session)] {
    var plans: [(Planner, Session)] = []
    for planner in planners {
      let session = try session(database, planner.settings)
      try await prepare(planner.calls, in: session)
      for call in planner.calls { _ = try await PlanNode.of(call.execution, in: session) }
      plans.append((planner, session))
    }
    return plans
  }

  /// The others have a few rows however long a service runs.
  private static let growing: Set = [
    "reset_request", "account", "outbox", "rate_limit", "idempotency", "suppression",
    "hook_receipt",
  ]

  private static func judge(_ nodes: [PlanNode], of call: PlannedCall, _ place: String) {
    #expect(!nodes.isEmpty, "\(place)")
    let whole = Set(nodes.compactMap { $0.type == "Seq Scan" ? $0.table : nil })
    #expect(whole.intersection(growing).subtracting(call.mayReadAll.keys) == [], "\(place)")
    if let table = call.readsPagesOf {
      let first = nodes.first { $0.isScan && $0.table == table }
      #expect(first?.type == "Tid Range Scan", "\(place): \(nodes)")
    }
    for node in nodes where node.isScan && !call.maySee(all: node) {
      #expect(node.rows <= call.batch * call.rowsEach, "\(place): \(node)")
    }
    guard call.mayReadAll.isEmpty else { return }
    for node in nodes where node.type.hasSuffix("Sort") {
      // An incremental sort takes its input in groups of at least 32, and one row more.
      let group = node.type == "Incremental Sort" ? 33 : 0
      #expect(node.input <= call.batch + group, "\(place): \(node)")
    }
    // What a WITH writes is counted at its own step only.
    let pages = nodes.map(\.pages).max() ?? 0
    #expect(pages <= call.batch * call.pagesEach + 60, "\(place): \(nodes)")
  }

  private static func session(
    _ database: TestDatabase, _ settings: [String: String]
  ) throws -> Session {
    Session(
      PostgresSettings(
        url: try database.url(.superuser), applicationName: "plans", statementTimeout: generous,
        options: settings), name: "plans")
  }

  private static func prepare(_ calls: [PlannedCall], in session: Session) async throws {
    var names: Set<String> = []
    for call in calls where names.insert(call.statement.name).inserted {
      try await session.script(
        "PREPARE \(call.statement.name) AS \(call.statement.sql)", within: generous)
    }
  }
}

extension PlannedCall {
  /// The scan of an index does not say of which table it is.
  fileprivate func maySee(all node: PlanNode) -> Bool {
    node.table.isEmpty ? !mayReadAll.isEmpty : mayReadAll[node.table] != nil
  }

  fileprivate var execution: String {
    arguments.isEmpty ? statement.name : "\(statement.name)(\(arguments))"
  }
}
