-- A short text to a new recipient each time, as application developers send it.
dofile(os.getenv("BENCH_TOLD"))
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
