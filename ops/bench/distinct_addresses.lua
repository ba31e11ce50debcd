-- For wrk: every request has an address of its own, so no limit is met and no row is shared.
-- REKEY_BENCH_KEY is the caller key, REKEY_BENCH_RUN keeps runs apart.

local thread_count = 0

function setup(thread)
  thread_count = thread_count + 1
  thread:set("thread_number", thread_count)
end

function init()
  counter = 0
  prefix = string.format('{"email":"r%s-t%d-', os.getenv("REKEY_BENCH_RUN"), thread_number)
  headers = {
    ["Authorization"] = "Bearer " .. os.getenv("REKEY_BENCH_KEY"),
    ["Content-Type"] = "application/json",
  }
end

function request()
  counter = counter + 1
  return wrk.format("POST", "/reset/request", headers, prefix .. counter .. '@bench.example"}')
end

-- One line that a program can read, behind wrk's own report.
function done(summary, latency)
  local errors = summary.errors
  io.write(string.format("result %d %d %d %d %d\n", summary.requests, summary.duration,
    latency:percentile(50), latency:percentile(99),
    errors.status + errors.connect + errors.read + errors.write + errors.timeout))
end
