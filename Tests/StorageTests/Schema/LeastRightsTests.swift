import Postgres
import Testing

@testable import Storage

/// Each role has the rights that its queries need and no others: with any one of them taken away, some
/// query is refused.
@Suite struct LeastRightsTests {
  private static let needs: [(role: String, queries: [Statement])] = [
    ("rekey_serve", PlannedCall.serving.map(\.statement)),
    (
      "rekey_work",
      PlannedCall.working.map(\.statement)
        + [Queries.lockAccounts, Queries.findRequests, Queries.checkReadiness]
    ),
    ("rekey_ops", (PlannedCall.operating + PlannedCall.purging).map(\.statement)),
  ]

  @Test func `a role has no right that none of its queries needs`() async throws {
    try await TestDatabase.with { database in
      try await database.script(Self.functions)
      for (role, queries) in Self.needs {
        let rights = try await database.query(
          "SELECT held FROM sample.rights($1::text) held", [.text(role)]
        ).map { try $0.text("held") }
        #expect(rights.count > 5)
        try await database.withSession { session in
          for query in Dictionary(grouping: queries, by: \.name).values.compactMap(\.first) {
            try await session.script("PREPARE \(query.name) AS \(query.sql)", within: generous)
          }
          #expect(try await Self.refused(nil, role, session) == [])
          for right in rights {
            let refused = try await Self.refused(right, role, session)
            #expect(!refused.isEmpty, "\(role) has no need of \(right)")
          }
        }
      }
    }
  }

  @Test func `no role may define, truncate, refer to or watch a table`() async throws {
    try await TestDatabase.with { database in
      let held = try await database.query(
        """
        SELECT format('%s: %s on %s', r.rolname, p.privilege, c.relname) AS held
        FROM pg_roles r, pg_class c, (VALUES ('TRUNCATE'), ('REFERENCES'), ('TRIGGER')) p(privilege)
        WHERE r.rolname IN ('rekey_serve', 'rekey_work', 'rekey_ops') AND c.relnamespace = 'rekey'::regnamespace
          AND c.relkind IN ('r', 'v') AND has_table_privilege(r.oid, c.oid, p.privilege)
        UNION ALL
        SELECT format('%s: CREATE', r.rolname) FROM pg_roles r
        WHERE r.rolname IN ('rekey_serve', 'rekey_work', 'rekey_ops')
          AND (has_schema_privilege(r.oid, 'rekey', 'CREATE')
            OR pg_has_role(r.oid, (SELECT nspowner FROM pg_namespace WHERE nspname = 'rekey'), 'MEMBER'))
        """)
      #expect(try held.map { try $0.text("held") } == [])
    }
  }

  /// The queries that a role may not run without a right.
  private static func refused(
    _ right: String?, _ role: String, _ session: Session
  ) async throws -> [String] {
    let statement = Statement(
      name: "refused", sql: "SELECT refused FROM sample.refused($1::text, $2::text) refused")
    let revoke = right.map { "REVOKE \($0) FROM \(role)" } ?? "SELECT 1"
    return try await session.execute(statement, [.text(role), .text(revoke)], within: generous)
      .map { try $0.text("refused") }
  }

  /// What GRANT would have to say, column by column; and what is refused when something is not granted.
  /// EXPLAIN begins a statement without carrying it out, and so asks for its rights.
  private static let functions = """
    CREATE SCHEMA sample;
    CREATE FUNCTION sample.rights(role text) RETURNS SETOF text LANGUAGE sql AS $$
      SELECT format('%s ON rekey.%I', a.privilege_type, c.relname)
      FROM pg_class c, aclexplode(c.relacl) a
      WHERE c.relnamespace = 'rekey'::regnamespace AND a.grantee = role::regrole
      UNION ALL
      SELECT format('%s (%I) ON rekey.%I', a.privilege_type, t.attname, c.relname)
      FROM pg_class c JOIN pg_attribute t ON t.attrelid = c.oid, aclexplode(t.attacl) a
      WHERE c.relnamespace = 'rekey'::regnamespace AND a.grantee = role::regrole
    $$;
    CREATE FUNCTION sample.refused(role text, revoke text) RETURNS SETOF text LANGUAGE plpgsql
      SET plan_cache_mode = force_generic_plan AS $$
    DECLARE
      names text[];
      calls text[];
      refused text[] := '{}';
    BEGIN
      SELECT array_agg(p.name), array_agg(p.name
        || CASE WHEN cardinality(p.parameter_types) > 0
             THEN '(' || array_to_string(array_fill('NULL'::text, ARRAY[cardinality(p.parameter_types)]), ',') || ')'
             ELSE '' END)
      INTO names, calls FROM pg_prepared_statements p WHERE p.from_sql;
      BEGIN
        EXECUTE revoke;
        EXECUTE format('SET LOCAL ROLE %I', role);
        FOR i IN 1..cardinality(calls) LOOP
          BEGIN
            EXECUTE 'EXPLAIN EXECUTE ' || calls[i];
          EXCEPTION WHEN insufficient_privilege THEN refused := refused || names[i];
          END;
        END LOOP;
        RAISE EXCEPTION SQLSTATE 'UNDO0';
      EXCEPTION WHEN SQLSTATE 'UNDO0' THEN NULL;
      END;
      RETURN QUERY SELECT unnest(refused);
    END $$;
    """
}
