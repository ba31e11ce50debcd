import Postgres

/// The named query files of `sql/queries`, as prepared statements. A file that is missing or broken
/// stops the start: every one is prepared before the first request.
enum Queries {
  static let recordRequests = query("record_requests")
  static let readWaitingTimes = query("read_waiting_times")
  static let findRequests = query("find_requests")
  static let describeRequest = query("describe_request")
  static let lockFamily = query("lock_family")
  static let consumeRequest = query("consume_request")
  static let revokeRequests = query("revoke_requests")
  static let notifyWorkers = query("notify_workers")
  static let claimMessages = query("claim_messages")
  static let renewLeases = query("renew_leases")
  static let nameAccount = query("name_account")
  static let finishMessages = query("finish_messages")
  static let replaceRequests = query("replace_requests")
  static let checkReadiness = query("check_readiness")
  static let checkOwner = query("check_owner")
  static let readClock = query("read_clock")
  static let makePartitions = query("make_partitions")
  static let dropPartition = query("drop_partition")
  static let countPurgeable = query("count_purgeable")
  static let purgeDeadLetters = query("purge_dead_letters")
  static let purgeRequests = query("purge_requests")
  static let purgeIdempotency = query("purge_idempotency")
  static let purgeRateLimits = query("purge_rate_limits")

  static let all = [
    recordRequests,
    readWaitingTimes,
    findRequests,
    describeRequest,
    lockFamily,
    consumeRequest,
    revokeRequests,
    notifyWorkers,
    claimMessages,
    renewLeases,
    nameAccount,
    finishMessages,
    replaceRequests,
    checkReadiness,
    checkOwner,
    readClock,
    makePartitions,
    dropPartition,
    countPurgeable,
    purgeDeadLetters,
    purgeRequests,
    purgeIdempotency,
    purgeRateLimits,
  ]

  private static func query(_ name: String) -> Statement {
    Statement(name: name, sql: EmbeddedFiles.contents["queries/\(name).sql"] ?? "")
  }
}
