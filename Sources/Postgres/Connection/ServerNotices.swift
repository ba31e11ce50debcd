import CPostgres

/// Receives what the server says without being asked. Without a receiver libpq would print it,
/// with its values, on stderr.
final class ServerNotices {
  /// The server said that it is closing this connection.
  private(set) var sawEnd = false
  /// A commit was made here while waiting for the standby was given up, so a failover may lose it.
  /// PostgreSQL reports this as success with a warning.
  private(set) var sawUnreplicatedCommit = false

  /// Call before PQfinish can no longer use it; `self` must outlive `connection`.
  func attach(to connection: OpaquePointer) {
    let context = unsafe Unmanaged.passUnretained(self).toOpaque()
    unsafe PQsetNoticeReceiver(connection, receiveNotice, context)
  }

  func clearCommitWarning() {
    sawUnreplicatedCommit = false
  }

  fileprivate func receive(_ result: OpaquePointer) {
    let state = unsafe CPostgresSQLState(result).map { unsafe String(cString: $0) } ?? ""
    if SQLState.endsConnection(state) { sawEnd = true }
    if let function = unsafe CPostgresSourceFunction(result),
      unsafe String(cString: function) == "SyncRepWaitForLSN"
    {
      sawUnreplicatedCommit = true
    }
  }
}

private func receiveNotice(_ context: UnsafeMutableRawPointer?, _ result: OpaquePointer?) {
  guard let context = unsafe context, let result = unsafe result else { return }
  unsafe Unmanaged<ServerNotices>.fromOpaque(context).takeUnretainedValue().receive(result)
}
