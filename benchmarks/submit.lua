-- A short text to a new recipient each time, as application developers send it.
local counter = 0
local key = os.getenv("BENCH_KEY")

function request()
  counter = counter + 1
  local body = string.format('{"to":"+49170%07d","message":"Your code is %06d"}', counter % 10000000, counter % 1000000)
  return wrk.format("POST", "/v1/messages", {
    ["Authorization"] = "Bearer " .. key,
    ["Content-Type"] = "application/json",
  }, body)
end

function done(summary, latency, requests)
  local failed = summary.errors.status + summary.errors.connect + summary.errors.read
    + summary.errors.write + summary.errors.timeout
  io.write(string.format('{"requests":%d,"seconds":%.6f,"p50_ms":%.3f,"p99_ms":%.3f,"failed":%d}\n',
    summary.requests, summary.duration / 1e6, latency:percentile(50) / 1e3, latency:percentile(99) / 1e3, failed))
end
