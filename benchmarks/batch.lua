-- A hundred messages a request. BENCH_TEXTS: "own" gives each its own text, "same" all one text.
dofile(os.getenv("BENCH_TOLD"))
local counter = 0
local path = "/api/" .. os.getenv("BENCH_KEY") .. "/queue"
local headers = {["Content-Type"] = "application/json"}
local item = os.getenv("BENCH_TEXTS") == "same"
  and '{"phone":"+49170%07d","message":"Our shop is closed tomorrow, and open again on Monday."}'
  or '{"phone":"+49170%07d","message":"Your code is %06d"}'

function request()
  local items = {}
  for place = 1, 100 do
    counter = counter + 1
    items[place] = string.format(item, counter % 10000000, counter % 1000000)
  end
  return wrk.format("POST", path, headers, "[" .. table.concat(items, ",") .. "]")
end
