import Postgres

/// Which migrations a database has, and whether they are ours at all.
enum SchemaVersion {
  /// 0 where there is none.
  static func read(in transaction: inout Transaction) throws(PostgresError) -> Int {
    guard try transaction.execute(exists).only().bool("exists") else { return 0 }
    return try transaction.execute(newest).only().int("version")
  }

  /// Migrations began anew after 0.1.0, whose table of requests was partitioned: its numbers mean
  /// something else.
  static func isFormer(in transaction: inout Transaction) throws(PostgresError) -> Bool {
    try transaction.execute(partitioned).only().bool("exists")
  }

  /// - Throws: `misuse` that says so, before anything is read from or written to the former tables.
  static func refuseFormer(_ session: Session) async throws(PostgresError) {
    guard try await !session.execute(partitioned, within: .seconds(10)).only().bool("exists") else {
      throw .misuse(formerProblem)
    }
  }

  static let formerProblem = """
    made by rekey 0.1.0, which this version does not carry over: give it a new database, or remove \
    the old tables with DROP SCHEMA rekey CASCADE
    """

  private static let exists = CatalogueQuery.hasTable("schema_version")
  private static let partitioned = CatalogueQuery.hasTable("reset_request", kind: "p")
  private static let newest = Statement(
    name: "schema_version",
    sql: "SELECT coalesce(max(version), 0) AS version FROM rekey.schema_version")
}
