-- For wrk: every request asks for one address, or with REKEY_BENCH_CLIENT for addresses of their
-- own on behalf of this one client.

local thread_count = 0

function setup(thread)
  thread_count = thread_count + 1
  thread:set("thread_number", thread_count)
end

function init()
  headers = {
    ["Authorization"] = "Bearer " .. os.getenv("REKEY_BENCH_KEY"),
    ["Content-Type"] = "application/json",
  }
  client = os.getenv("REKEY_BENCH_CLIENT")
  counter = 0
  hot = wrk.format("POST", "/reset/request", headers, '{"email":"hot@bench.example"}')
end

function request()
  if client == nil then return hot end
  counter = counter + 1
  return wrk.format("POST", "/reset/request", headers,
    string.format('{"email":"h%s-%d-%d@bench.example","client":{"ip":"%s"}}',
      os.getenv("REKEY_BENCH_RUN"), thread_number, counter, client))
end

-- Almost all are refused, as they should be.
function done(summary, latency)
  local errors = summary.errors
  io.write(string.format("result %d %d %d %d %d\n", summary.requests, summary.duration,
    latency:percentile(50), latency:percentile(99),
    errors.connect + errors.read + errors.write + errors.timeout))
end
