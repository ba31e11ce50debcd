import Postgres
import Testing

/// A step of a plan that was carried out, and undone.
struct PlanNode: Sendable, CustomStringConvertible {
  /// As EXPLAIN has it: `Index Scan`, `Sort`.
  let type: String
  /// The table that is read or written; empty for the others.
  let table: String
  /// What it looked at in all its loops, what its conditions left out included.
  let rows: Int
  /// What was handed to it in one loop.
  let input: Int
  /// Pages that the step and all below it touched, found in memory or not.
  let pages: Int

  var description: String { "\(type) \(table): \(rows) rows of \(input), \(pages) pages" }

  var isScan: Bool { type.hasSuffix("Scan") && !table.isEmpty || type == "Bitmap Index Scan" }

  /// The steps of a call, the whole first.
  static func of(_ call: String, in session: Session) async throws -> [PlanNode] {
    let nodes = Statement(name: "nodes", sql: "SELECT * FROM sample.nodes($1::text)")
    return try await session.execute(nodes, [.text(call)], within: generous).map { row in
      PlanNode(
        type: try row.text("type"), table: try row.text("relation"), rows: try row.int("seen"),
        input: try row.int("input"), pages: try row.int("pages"))
    }
  }

  /// Carries a call out inside a block that ends in an error, so that nothing of it stays.
  static let function = """
    CREATE FUNCTION sample.nodes(call text)
      RETURNS TABLE (type text, relation text, seen bigint, input bigint, pages bigint)
      LANGUAGE plpgsql AS $$
    DECLARE explained json;
    BEGIN
      BEGIN
        EXECUTE 'EXPLAIN (FORMAT JSON, ANALYZE, BUFFERS, TIMING off) EXECUTE ' || call INTO explained;
        RAISE EXCEPTION SQLSTATE 'UNDO0';
      EXCEPTION WHEN SQLSTATE 'UNDO0' THEN NULL;
      END;
      RETURN QUERY
      WITH RECURSIVE node(plan) AS (
        SELECT explained::jsonb -> 0 -> 'Plan'
        UNION ALL
        SELECT child.value FROM node, jsonb_array_elements(node.plan -> 'Plans') AS child
      )
      SELECT n.plan ->> 'Node Type', coalesce(n.plan ->> 'Relation Name', ''),
        (((n.plan ->> 'Actual Rows')::numeric + coalesce((n.plan ->> 'Rows Removed by Filter')::numeric, 0)
          + coalesce((n.plan ->> 'Rows Removed by Index Recheck')::numeric, 0))
          * (n.plan ->> 'Actual Loops')::numeric)::bigint,
        coalesce((n.plan -> 'Plans' -> 0 ->> 'Actual Rows')::numeric, 0)::bigint,
        (n.plan ->> 'Shared Hit Blocks')::bigint + (n.plan ->> 'Shared Read Blocks')::bigint
      FROM node n;
    END $$;
    """
}
