import CPostgres
import Glibc

/// Owns one PGconn, non-blocking and, once established, in pipeline mode. Waits have a deadline.
///
/// Not Sendable: it lives within one actor. After a method threw `unavailable` or `deadline`, the
/// connection is of no more use and has to be dropped.
@safe final class ConnectionHandle {
  let pointer: OpaquePointer
  let notices = ServerNotices()
  var prepared: [String: PreparedStatement] = [:]
  var encoder = ParameterEncoder()
  /// The settings that go along with every transaction, behind a pooler; nil where the session
  /// keeps them.
  let travelling: [(name: String, value: String)]?
  /// Readable when the owner wants all waits to end (`closed`); -1 if it never will.
  private let interrupt: Int32

  /// Begins to connect.
  init(
    _ parameters: [String: String], interrupt: Int32,
    travelling: [(name: String, value: String)]? = nil
  ) throws(PostgresError) {
    let pairs = Array(parameters)
    let pointer = unsafe withCStrings(pairs.map(\.key)) { keywords in
      unsafe withCStrings(pairs.map(\.value)) { values in
        unsafe PQconnectStartParams(keywords, values, 0)
      }
    }
    guard let pointer = unsafe pointer else { throw .unavailable(reason: "out of memory") }
    unsafe self.pointer = unsafe pointer
    self.interrupt = interrupt
    self.travelling = travelling
    unsafe notices.attach(to: pointer)
    // Makes libpq put the SQLSTATE into its message, the only way to learn it while connecting.
    unsafe PQsetErrorVerbosity(pointer, PQERRORS_VERBOSE)
  }

  deinit {
    unsafe PQfinish(pointer)
  }

  /// Finishes connecting and turns pipeline mode on.
  func establish(until deadline: Deadline) throws(PostgresError) {
    var next = PGRES_POLLING_WRITING
    while next != PGRES_POLLING_OK {
      guard next != PGRES_POLLING_FAILED, unsafe PQstatus(pointer) != CONNECTION_BAD else {
        throw connectionError
      }
      let events = next == PGRES_POLLING_READING ? POLLIN : POLLOUT
      do {
        _ = try wait(for: events, until: deadline)
      } catch .deadline {
        throw .unavailable(reason: "no answer within the connect timeout")
      }
      next = unsafe PQconnectPoll(pointer)
    }
    guard unsafe PQsetnonblocking(pointer, 1) == 0 else { throw connectionError }
    try enterPipeline()
  }

  var isAlive: Bool { unsafe PQstatus(pointer) == CONNECTION_OK && !notices.sawEnd }

  var transactionStatus: PGTransactionStatusType { unsafe PQtransactionStatus(pointer) }

  func enterPipeline() throws(PostgresError) {
    guard unsafe PQenterPipelineMode(pointer) == 1 else { throw connectionError }
  }

  func leavePipeline() throws(PostgresError) {
    guard unsafe PQexitPipelineMode(pointer) == 1 else { throw connectionError }
  }

  /// Whether the server has not ended the connection while nobody looked.
  func isStillOpen() -> Bool {
    for _ in 0..<8 {
      guard isAlive else { return false }
      var descriptor = unsafe pollfd(fd: PQsocket(pointer), events: Int16(POLLIN), revents: 0)
      guard unsafe poll(&descriptor, 1, 0) == 1 else { return true }
      guard unsafe PQconsumeInput(pointer) == 1 else { return false }
      _ = unsafe PQisBusy(pointer)
    }
    return isAlive
  }

  /// Waits until the socket is ready; without a deadline for as long as it takes.
  /// - Returns: the events that poll(2) saw.
  @discardableResult
  func wait(for events: Int32, until deadline: Deadline?) throws(PostgresError) -> Int32 {
    var descriptors = unsafe [
      pollfd(fd: PQsocket(pointer), events: Int16(events), revents: 0),
      pollfd(fd: interrupt, events: Int16(POLLIN), revents: 0),
    ]
    while true {
      let ready = unsafe poll(&descriptors, 2, deadline?.millisecondsLeft ?? -1)
      if descriptors[1].revents != 0 { throw .closed }
      if ready > 0 { return Int32(descriptors[0].revents) }
      if let deadline, deadline.hasPassed { throw .deadline() }
      if ready < 0 && errno != EINTR { throw .unavailable(reason: "poll failed: \(errno)") }
    }
  }

  /// Sends all that is buffered, and reads what comes meanwhile so that neither side gets stuck.
  func flush(until deadline: Deadline) throws(PostgresError) {
    while true {
      let left = unsafe PQflush(pointer)
      if left == 0 { return }
      guard left == 1 else { throw connectionError }
      if try wait(for: POLLIN | POLLOUT, until: deadline) & POLLIN != 0 { try consumeInput() }
    }
  }

  func nextResult(until deadline: Deadline) throws(PostgresError) -> QueryResult? {
    while unsafe PQisBusy(pointer) == 1 {
      try wait(for: POLLIN, until: deadline)
      try consumeInput()
    }
    guard let result = unsafe PQgetResult(pointer) else { return nil }
    return unsafe QueryResult(result)
  }

  func consumeInput() throws(PostgresError) {
    guard unsafe PQconsumeInput(pointer) == 1 else { throw connectionError }
  }

  /// Waits for as long as it takes, and takes in what came.
  func waitForInput() throws(PostgresError) {
    try wait(for: POLLIN, until: nil)
    try consumeInput()
  }

  /// libpq's own account of the last failure.
  var connectionError: PostgresError {
    unsafe ConnectionMessage(String(cString: PQerrorMessage(pointer))).error
  }
}
