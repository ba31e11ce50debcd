import Postgres

/// The named query files of `sql/queries`, as prepared statements. A file that is missing or broken
/// stops the start: every one is prepared before the first request.
enum Queries {
  static let recordRequests = query("record_requests")
  static let readWaitingTimes = query("read_waiting_times")
  static let findRequests = query("find_requests")
  static let describeRequest = query("describe_request")
  static let lockAccounts = query("lock_accounts")
  static let lockRequest = query("lock_request")
  static let countLive = query("count_live")
  static let consumeRequest = query("consume_request")
  static let revokeAccounts = query("revoke_accounts")
  static let notifyWorkers = query("notify_workers")
  static let claimMessages = query("claim_messages")
  static let renewLeases = query("renew_leases")
  static let lockMessage = query("lock_message")
  static let nameAccount = query("name_account")
  static let finishMessages = query("finish_messages")
  static let sayNoAccount = query("say_no_account")
  static let expireMessages = query("expire_messages")
  static let completeRequest = query("complete_request")
  static let findSuppression = query("find_suppression")
  static let addSuppressions = query("add_suppressions")
  static let recordReports = query("record_reports")
  static let tendOutbox = query("tend_outbox")
  static let tellTransports = query("tell_transports")
  static let checkReadiness = query("check_readiness")
  static let checkOwner = query("check_owner")
  static let readClock = query("read_clock")
  static let countPages = query("count_pages")
  static let purgeDeadLetters = query("purge_dead_letters")
  static let purgeRequests = query("purge_requests")
  static let purgeAccounts = query("purge_accounts")
  static let purgeIdempotency = query("purge_idempotency")
  static let purgeRateLimits = query("purge_rate_limits")
  static let listDeadLetters = query("list_dead_letters")
  static let countDeadLetters = query("count_dead_letters")
  static let retryDeadLetters = query("retry_dead_letters")
  static let dropDeadLetters = query("drop_dead_letters")
  static let pauseOutbox = query("pause_outbox")
  static let resumeOutbox = query("resume_outbox")
  static let describeOutbox = query("describe_outbox")
  static let countMessages = query("count_messages")
  static let listTransports = query("list_transports")
  static let listSuppressions = query("list_suppressions")
  static let releaseSuppression = query("release_suppression")

  static let all = [
    recordRequests,
    readWaitingTimes,
    findRequests,
    describeRequest,
    lockAccounts,
    lockRequest,
    countLive,
    consumeRequest,
    revokeAccounts,
    notifyWorkers,
    claimMessages,
    renewLeases,
    lockMessage,
    nameAccount,
    finishMessages,
    sayNoAccount,
    expireMessages,
    completeRequest,
    findSuppression,
    addSuppressions,
    recordReports,
    tendOutbox,
    tellTransports,
    checkReadiness,
    checkOwner,
    readClock,
    countPages,
    purgeDeadLetters,
    purgeRequests,
    purgeAccounts,
    purgeIdempotency,
    purgeRateLimits,
    listDeadLetters,
    countDeadLetters,
    retryDeadLetters,
    dropDeadLetters,
    pauseOutbox,
    resumeOutbox,
    describeOutbox,
    countMessages,
    listTransports,
    listSuppressions,
    releaseSuppression,
  ]

  private static func query(_ name: String) -> Statement {
    Statement(name: name, sql: EmbeddedFiles.contents["queries/\(name).sql"] ?? "")
  }
}
