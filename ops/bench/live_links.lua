-- For wrk: opens the links with the tokens in the file REKEY_BENCH_TOKENS, around and around.

local thread_count = 0

function setup(thread)
  thread:set("thread_number", thread_count)
  thread_count = thread_count + 1
end

function init()
  requests = {}
  counter = 0
  local line_number = 0
  for token in io.lines(os.getenv("REKEY_BENCH_TOKENS")) do
    if line_number % 2 == thread_number then
      requests[#requests + 1] = wrk.format("GET", "/reset/verify?token=" .. token)
    end
    line_number = line_number + 1
  end
end

function request()
  counter = counter % #requests + 1
  return requests[counter]
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format("result %d %d %d %d %d\n", summary.requests, summary.duration,
    latency:percentile(50), latency:percentile(99),
    errors.status + errors.connect + errors.read + errors.write + errors.timeout))
end
