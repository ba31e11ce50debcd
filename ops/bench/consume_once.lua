-- For wrk: consumes each token in the file REKEY_BENCH_TOKENS once. When none is left it asks for
-- /healthz, which touches nothing; how long the consumes took is to be read from the database.

local thread_count = 0

function setup(thread)
  thread:set("thread_number", thread_count)
  thread_count = thread_count + 1
end

function init()
  tokens = {}
  -- wrk makes a request before the first one, which it does not send.
  counter = -1
  headers = {
    ["Authorization"] = "Bearer " .. os.getenv("REKEY_BENCH_KEY"),
    ["Content-Type"] = "application/json",
  }
  idle = wrk.format("GET", "/healthz")
  local line_number = 0
  for token in io.lines(os.getenv("REKEY_BENCH_TOKENS")) do
    if line_number % 2 == thread_number then tokens[#tokens + 1] = token end
    line_number = line_number + 1
  end
end

function request()
  counter = counter + 1
  if counter < 1 or counter > #tokens then return idle end
  return wrk.format("POST", "/reset/consume", headers, '{"token":"' .. tokens[counter] .. '"}')
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format("result %d %d %d %d %d\n", summary.requests, summary.duration,
    latency:percentile(50), latency:percentile(99),
    errors.status + errors.connect + errors.read + errors.write + errors.timeout))
end
