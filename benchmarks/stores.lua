-- The same as submit.lua to several servers at once: each thread has one, and its own key.
dofile(os.getenv("BENCH_TOLD"))
local threads = 0

local function part(list, place)
  local found = {}
  for one in string.gmatch(list, "[^,]+") do found[#found + 1] = one end
  return found[(place - 1) % #found + 1]
end

function setup(thread)
  threads = threads + 1
  thread.addr = wrk.lookup("127.0.0.1", part(os.getenv("BENCH_PORTS"), threads))[1]
  thread:set("place", threads)
end

function init()
  counter = place * 5000000
  headers = {
    ["Authorization"] = "Bearer " .. part(os.getenv("BENCH_KEYS"), place),
    ["Content-Type"] = "application/json",
  }
end

function request()
  counter = counter + 1
  local body = string.format('{"to":"+49170%07d","message":"Your code is %06d"}', counter % 10000000, counter % 1000000)
  return wrk.format("POST", "/v1/messages", headers, body)
end
