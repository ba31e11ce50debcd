import Postgres
import Testing

@Suite struct ParameterTests {
  @Test func `every scalar comes back as it was sent`() async throws {
    let echo = Statement(
      name: "echo",
      sql: """
        SELECT $1::uuid AS u, $2::bytea AS b, $3::text AS t, $4::bool AS f, $5::int AS i,
          9223372036854775807 AS l, $6::timestamptz AS at
        """)
    let uuid = (0..<16).map { UInt8($0) }
    let bytes: [UInt8] = [0, 255, 0, 39, 92]
    let text = "naïve ’quote“ \\ \u{1F511} e\u{301} \r\n\t'"
    let parameters: [Parameter] = [
      .uuid(uuid), .bytes(bytes), .text(text), .bool(true), .int4(.min),
      .timestamp(1_700_000_000_123_456),
    ]
    let row = try await TestDatabase.withSession(statements: [echo]) { session in
      try await session.execute(echo, parameters, within: generous).only()
    }
    #expect(try row.uuid("u") == uuid)
    #expect(try row.bytes("b") == bytes)
    #expect(try Array(row.text("t").utf8) == Array(text.utf8))
    #expect(try row.bool("f"))
    #expect(try row.int("i") == Int(Int32.min))
    #expect(try row.int("l") == .max)
    #expect(try row.timestamp("at") == 1_700_000_000_123_456)
    #expect(try row.optionalText(2) == text)
  }

  @Test func `a timestamp is counted from 1970 in UTC`() async throws {
    let at = Statement(
      name: "at",
      sql: """
        SELECT '1970-01-01 00:00:00Z'::timestamptz AS epoch,
          '1969-12-31 23:59:59.999999Z'::timestamptz AS before,
          $1::timestamptz = '2000-01-01 00:00:00Z' AS same,
          'infinity'::timestamptz AS infinity
        """)
    let row = try await TestDatabase.withSession { session in
      try await session.execute(at, [.timestamp(946_684_800_000_000)], within: generous).only()
    }
    #expect(try row.timestamp("epoch") == 0)
    #expect(try row.timestamp("before") == -1)
    #expect(try row.bool("same"))
    #expect(throws: PostgresError.self) { try row.timestamp("infinity") }
  }

  @Test func `empty is not NULL and NULL is not empty`() async throws {
    let echo = Statement(
      name: "nulls",
      sql: """
        SELECT $1::bytea AS b, $2::text AS t, $3::bytea AS nb, $4::text AS nt, $5::int AS ni,
          $6::timestamptz AS na
        """)
    let parameters: [Parameter] = [.bytes([]), .text("")] + Array(repeating: .null, count: 4)
    let row = try await TestDatabase.withSession { session in
      try await session.execute(echo, parameters, within: generous).only()
    }
    #expect(try row.optionalBytes("b") == [])
    #expect(try row.optionalText("t") == "")
    #expect(try row.optionalBytes("nb") == nil)
    #expect(try row.optionalText("nt") == nil)
    #expect(try row.optionalInt("ni") == nil)
    #expect(try row.optionalTimestamp("na") == nil)
    #expect(throws: PostgresError.decoding("name(\"nt\") is NULL")) { try row.text("nt") }
  }

  @Test func `arrays unnest to their elements, NULLs included`() async throws {
    let unnest = Statement(
      name: "unnest",
      sql: """
        SELECT *, u IS NULL AS un FROM unnest($1::uuid[], $2::bytea[], $3::text[], $4::int[])
          AS _ (u, b, t, i)
        """)
    let uuid = [UInt8](repeating: 7, count: 16)
    let parameters: [Parameter] = [
      .uuids([uuid, nil]), .bytesArray([[], nil]), .texts(["ü", nil]), .int4s([1, -1]),
    ]
    let rows = try await TestDatabase.withSession { session in
      try await session.execute(unnest, parameters, within: generous)
    }
    #expect(rows.count == 2)
    #expect(try rows[0].uuid("u") == uuid)
    #expect(try rows[0].bytes("b") == [])
    #expect(try rows[0].text("t") == "ü")
    #expect(try rows.map { row throws in try row.int("i") } == [1, -1])
    #expect(try rows[1].bool("un"))
    #expect(try rows[1].optionalBytes("b") == nil)
    #expect(try rows[1].optionalText("t") == nil)
  }

  @Test func `an empty array has no elements`() async throws {
    let arrays = Statement(
      name: "arrays",
      sql: """
        SELECT cardinality($1::uuid[]) + cardinality($2::bytea[]) + cardinality($3::text[])
            + cardinality($4::int[]) AS zero
        """)
    let parameters: [Parameter] = [.uuids([]), .bytesArray([]), .texts([]), .int4s([])]
    let row = try await TestDatabase.withSession { session in
      try await session.execute(arrays, parameters, within: generous).only()
    }
    #expect(try row.int("zero") == 0)
  }

  @Test func `a parameter that cannot be sent is refused before anything is sent`() async throws {
    let text = Statement(name: "text", sql: "SELECT $1::text")
    let uuid = Statement(name: "uuid", sql: "SELECT $1::uuid")
    let bytes = Statement(name: "bytes", sql: "SELECT $1::bytea")
    let at = Statement(name: "at", sql: "SELECT $1::timestamptz")
    let wrong: [(Statement, [Parameter])] = [
      (text, [.text("victim@example.com\0attacker")]), (text, [.texts(["a\0"])]), (text, []),
      (text, [.text("a"), .text("b")]), (text, [.bytes([1])]), (bytes, [.text("a")]),
      (uuid, [.uuid([1, 2, 3])]), (uuid, [.uuid(Array(repeating: 0, count: 17))]),
      (at, [.timestamp(.min)]), (at, [.timestamp(.min + 946_684_800_000_000)]),
    ]
    try await TestDatabase.withSession { session in
      let pid = try await session.pid()
      for (statement, parameters) in wrong {
        let error = try await postgresError { () async throws(PostgresError) in
          try await session.execute(statement, parameters, within: generous)
        }
        guard case .misuse = error else {
          Issue.record("\(parameters) gave \(error)")
          continue
        }
        #expect(!error.isTransient && !error.isOutcomeUnknown)
      }
      #expect(try await session.pid() == pid)
    }
  }

  @Test func `bytes that are not UTF-8 do not become text`() async throws {
    let convert = Statement(name: "convert", sql: "SELECT convert_from($1::bytea, 'UTF8')")
    let error = try await TestDatabase.withSession { session in
      try await postgresError { () async throws(PostgresError) in
        try await session.execute(convert, [.bytes([0x66, 0xC3, 0x28])], within: generous)
      }
    }
    #expect(error.sqlState == "22021")
  }

  @Test func `a column is refused if its name, place or type is wrong`() async throws {
    let row = try await TestDatabase.withSession { session in
      try await session.execute(
        Statement(name: "shape", sql: "SELECT 1::smallint AS n, 'a'::bytea AS b"), within: generous
      ).only()
    }
    #expect(try row.int("n") == 1)
    #expect(try row.int(0) == 1)
    #expect(throws: PostgresError.self) { try row.int("m") }
    #expect(throws: PostgresError.self) { try row.int(2) }
    #expect(throws: PostgresError.self) { try row.int(-1) }
    #expect(throws: PostgresError.self) { try row.text("n") }
    #expect(throws: PostgresError.self) { try row.text("b") }
    #expect(throws: PostgresError.self) { try row.uuid("b") }
  }

  @Test func `a megabyte goes there and back`() async throws {
    let echo = Statement(name: "echo", sql: "SELECT $1::bytea AS b, $2::text AS t")
    let bytes = (0..<1_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
    let text = String(repeating: "ü", count: 500_000)
    let row = try await TestDatabase.withSession { session in
      try await session.execute(echo, [.bytes(bytes), .text(text)], within: generous).only()
    }
    #expect(try row.bytes("b") == bytes)
    #expect(try row.text("t") == text)
  }
}
