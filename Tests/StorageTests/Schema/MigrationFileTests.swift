import Testing

@testable import Storage

@Suite struct MigrationFileTests {
  private func migration(_ sql: String) -> Migration { Migration(version: 12, name: "x", sql: sql) }

  @Test func `a file without steps is one`() {
    let migration = migration("-- About.\n-- locks: none; new\nSELECT 1;\n-- more\nSELECT 2;\n")
    #expect(migration.label == "0012_x" && migration.locks == ["none; new"])
    #expect(migration.steps.map(\.isBatch) == [false] && migration.steps.map(\.title) == [nil])
    #expect(migration.steps.first?.sql.contains("SELECT 2;") == true)
  }

  @Test func `steps and batches are told apart, in their order`() {
    let migration = migration(
      """
      -- About.
      -- locks: rekey.a SHARE, a second
      -- locks: rekey.b SHARE, two
      -- step: one
      SELECT 1;
      -- batch: two
      SELECT 2;
      -- step: three
      SELECT 3;
      """)
    #expect(migration.locks == ["rekey.a SHARE, a second", "rekey.b SHARE, two"])
    #expect(migration.steps.map(\.title) == ["one", "two", "three"])
    #expect(migration.steps.map(\.isBatch) == [false, true, false])
    #expect(migration.steps.map(\.sql) == ["SELECT 1;\n", "SELECT 2;\n", "SELECT 3;\n"])
  }

  @Test func `what stands before the first step is a step, unless it does nothing`() {
    let told = migration("-- a\nSELECT 1;\n-- step: two\nSELECT 2;")
    #expect(told.steps.map(\.title) == [nil, "two"])
    #expect(migration("-- a\n\n  -- b\n-- step: two\nSELECT 2;").steps.map(\.title) == ["two"])
    #expect(migration("-- step: nothing\n-- at all\n").steps.isEmpty)
  }

  @Test func `progress is told in words`() {
    let many = migration("-- step: add it\nA\n-- batch: fill it\nB\n")
    var progress = MigrationProgress(migration: many, place: MigrationPlace())
    #expect("\(progress)" == "0012_x 1/2 add it")
    progress.place = MigrationPlace(step: 1, rows: 40)
    #expect("\(progress)" == "0012_x 2/2 fill it: 40 rows")
    progress.wait = .migrator
    #expect("\(progress)".hasSuffix("40 rows; waiting: another rekey migrate is at work"))
    let one = MigrationProgress(migration: migration("A"), place: MigrationPlace())
    #expect("\(one)" == "0012_x")
  }
}
