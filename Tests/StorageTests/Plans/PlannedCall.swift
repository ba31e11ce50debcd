import Postgres

@testable import Storage

/// A query with parameters as production has them, and what it may cost.
struct PlannedCall: Sendable, CustomStringConvertible {
  let statement: Statement
  /// SQL; empty without parameters.
  let arguments: String
  /// How many rows the call is about: of a batch, of a page, or of one account. No step sorts more.
  let batch: Int
  /// Rows that each scan may read for one of the batch.
  var rowsEach = 4
  /// Pages for one of the batch, and for the descents that there are anyway.
  var pagesEach = 50
  /// Tables that it may read whole, with the reason.
  var mayReadAll: [String: String] = [:]
  /// Tables that it reads by a range of pages, and in no other way.
  var readsPagesOf: String?

  init(_ statement: Statement, _ arguments: String = "", of batch: Int = 1) {
    self.statement = statement
    self.arguments = arguments
    self.batch = batch
  }

  var description: String { arguments.isEmpty ? statement.name : "\(statement.name)(\(arguments))" }

  func with<Value>(_ path: WritableKeyPath<PlannedCall, Value>, _ value: Value) -> PlannedCall {
    var changed = self
    changed[keyPath: path] = value
    return changed
  }
}

extension PlannedCall {
  /// What a serving process does.
  static let serving = [
    PlannedCall(Queries.recordRequests, newRequests, of: 64),
    PlannedCall(
      Queries.readWaitingTimes,
      """
      sample.keys('limit', 1, 64), sample.keys('limit', 70000, 64), sample.keys('idempotency', 5, 64),
      sample.keys('body', 5, 64), '{3,5,10}', '{900,3600,86400}', '{20}', '{3600}'
      """, of: 64),
    PlannedCall(Queries.findRequests, "sample.ids(190000, 7, 64), 3", of: 64),
    PlannedCall(Queries.describeRequest, "sample.id(190006), 'app', 3"),
    PlannedCall(Queries.lockAccounts, "sample.id(190001), NULL", of: 2),
    PlannedCall(Queries.lockAccounts, "NULL, sample.key('account', 7)"),
    PlannedCall(Queries.lockRequest, "sample.id(190001)"),
    // A family is what one address, or one account, has asked for in a month.
    PlannedCall(Queries.countLive, "sample.key('address', 10006), NULL, 3", of: 20),
    PlannedCall(Queries.countLive, "NULL, sample.key('account', 7), 3", of: 20),
    PlannedCall(Queries.consumeRequest, "sample.id(199999), sample.key('consumer', 1), true"),
    PlannedCall(
      Queries.revokeAccounts, "sample.key('address', 7), NULL, 'invalidated', NULL", of: 20),
    PlannedCall(Queries.revokeAccounts, "NULL, sample.key('account', 7), 'completed', NULL"),
    PlannedCall(
      Queries.revokeAccounts,
      "sample.key('address', 7), sample.key('account', 7), 'sibling_consumed', sample.id(199999)"),
    PlannedCall(Queries.completeRequest, "sample.id(199999), 'app', true"),
    PlannedCall(Queries.notifyWorkers),
    PlannedCall(
      Queries.recordReports,
      """
      sample.key('call', 1), sample.keys('report', 1, 64), sample.keys('suppressed', 1, 64),
      sample.each('app'), sample.ids(300001, 1, 64), sample.keys('x', 1, 64),
      array_fill('\\x01020304'::bytea, ARRAY[64]), sample.each('bounce'), sample.each('ses'),
      array_fill(9999999, ARRAY[64]), sample.ids(190000, 1, 64), sample.each('request.disputed'), true, '{}'
      """, of: 64),
    PlannedCall(Queries.checkReadiness),
    PlannedCall(Queries.checkOwner),
    PlannedCall(Queries.readClock),
  ]

  private static let newRequests = """
    sample.ids(300001, 1, 64), sample.keys('address', 1, 64), sample.keys('account', 1, 64),
    sample.keys('x', 1, 64), array_fill('\\x01020304'::bytea, ARRAY[64]), sample.each('app'),
    sample.keys('limit', 50001, 64), sample.keys('limit', 90001, 64), sample.keys('idempotency', 99970, 64),
    sample.keys('body', 99970, 64), '{3,5,10}', '{900,3600,86400}', '{20}', '{3600}', 1800
    """

  /// What a worker does.
  static let working =
    ["mail", "suspects", "events"].map {
      PlannedCall(Queries.claimMessages, "'\($0)', 64, 90, 1800, 604800, 604800, 604800, 3", of: 64)
    } + [
      PlannedCall(
        Queries.renewLeases, "sample.ids(190004, 10, 64), array_fill(1, ARRAY[64]), 90", of: 64),
      PlannedCall(Queries.lockMessage, "sample.id(190004), 1"),
      PlannedCall(
        Queries.nameAccount,
        "sample.id(190004), 1, sample.id(190004), sample.key('account', 3), 'x', '\\x01020304', 3"),
      PlannedCall(
        Queries.sayNoAccount, "sample.id(190004), 1, sample.key('limit', 50001), '{3}', '{900}'"),
    ]
    + ["sent", "retry", "uncertain", "dead", "dropped", "released"].map {
      PlannedCall(
        Queries.finishMessages,
        """
        sample.ids(190004, 10, 64), array_fill(1, ARRAY[64]), sample.each('\($0)'), array_fill(5, ARRAY[64]),
        sample.each('suppressed'), sample.each('delivery.failed')
        """, of: 64)
    } + [
      PlannedCall(Queries.expireMessages, "64, 7200, true, '{}', 3", of: 64),
      PlannedCall(Queries.findSuppression, "sample.key('suppressed', 7)"),
      PlannedCall(Queries.addSuppressions, refused, of: 64),
      PlannedCall(Queries.tendOutbox, of: 1000).with(
        \.mayReadAll,
        [
          "suppression": "once an hour, for what has ended"
        ]),
      PlannedCall(Queries.tellTransports, "sample.id(1), '{smtp}', '{closed}', '{NULL}', '{1}'"),
    ]

  private static let refused = """
    sample.keys('suppressed', 1, 64), sample.each('app'), sample.ids(300001, 1, 64), sample.keys('x', 1, 64),
    array_fill('\\x01020304'::bytea, ARRAY[64]), sample.each('refused'), sample.each('smtp'),
    array_fill(9999999, ARRAY[64])
    """

  /// What a purge does. A page has room for at most 120 of the smallest rows.
  static let purging = [
    PlannedCall(
      Queries.purgeRequests, "sample.id(1), sample.at(150000), 5000, true", of: 5000),
    PlannedCall(
      Queries.purgeRequests, "sample.id(178000), sample.at(200000), 5000, true", of: 5000),
    PlannedCall(Queries.purgeDeadLetters, "400, 464, true", of: 64 * 120).with(
      \.readsPagesOf, "outbox"),
    PlannedCall(Queries.purgeIdempotency, "1100, 1164, true", of: 64 * 120)
      .with(\.readsPagesOf, "idempotency"),
    PlannedCall(Queries.purgeRateLimits, "600, 664, true, 86400", of: 64 * 120)
      .with(\.readsPagesOf, "rate_limit"),
    PlannedCall(Queries.purgeAccounts, "600, 664, true, sample.at(150000)", of: 64 * 120)
      .with(\.readsPagesOf, "account"),
    PlannedCall(Queries.countPages, "'outbox'"),
    PlannedCall(Queries.readClock),
  ]

  private static let always = "NULL, NULL, sample.now(), 'epoch'"
  private static let last = "'ffffffff-ffff-ffff-ffff-ffffffffffff'"
  private static let suppressions = [
    "suppression": "operators list all of them, and release one by its id"
  ]

  /// What operators do.
  static let operating = [
    PlannedCall(Queries.listDeadLetters, "\(always), \(last), 500, 7200, 3", of: 500),
    PlannedCall(
      Queries.listDeadLetters, "NULL, 'tls', sample.now(), 'epoch', \(last), 500, 7200, 3", of: 500
    ).with(\.mayReadAll, ["outbox": "dead letters of a cause are looked for among all of them"]),
    PlannedCall(
      Queries.listDeadLetters,
      "sample.ids(190006, 10, 5), NULL, sample.now(), 'epoch', \(last), 500, 7200, 3", of: 500
    ).with(
      \.mayReadAll, ["outbox": "dead letters of some requests are looked for among all of them"]),
    PlannedCall(Queries.countDeadLetters, "\(always), NULL", of: 500)
      .with(\.mayReadAll, ["outbox": "all dead letters are counted"]),
    PlannedCall(Queries.retryDeadLetters, "\(always), \(last), 500, 604800, 60, 3", of: 500),
    PlannedCall(Queries.dropDeadLetters, "\(always), 500", of: 500),
    PlannedCall(Queries.pauseOutbox, "'maintenance'"),
    PlannedCall(Queries.resumeOutbox),
    PlannedCall(Queries.describeOutbox)
      .with(\.mayReadAll, suppressions),
    PlannedCall(Queries.countMessages).with(\.mayReadAll, ["outbox": "all messages are counted"]),
    PlannedCall(Queries.listTransports, "60"),
    PlannedCall(Queries.listSuppressions, "NULL, NULL, NULL, NULL, 500", of: 500)
      .with(\.mayReadAll, suppressions),
    PlannedCall(Queries.addSuppressions, refused, of: 64),
    PlannedCall(Queries.releaseSuppression, "sample.keys('suppressed', 1, 5), NULL", of: 5)
      .with(\.mayReadAll, suppressions),
    PlannedCall(Queries.readClock), PlannedCall(Queries.notifyWorkers),
  ]
}
