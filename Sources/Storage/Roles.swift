/// `sql/roles.sql`: least-privilege roles for a migrated database.
public enum Roles {
  /// Several statements, for an administrator to run in the database; it may be repeated.
  public static var script: String { EmbeddedFiles.contents["roles.sql"] ?? "" }
}
