-- The same texts as in submit.lua, as Kannel's users send them.
dofile(os.getenv("BENCH_TOLD"))
local counter = 0
local key = os.getenv("BENCH_KEY")

function request()
  counter = counter + 1
  return wrk.format("GET", string.format(
    "/cgi-bin/sendsms?username=bench&password=%s&to=%%2B49170%07d&text=Your+code+is+%06d",
    key, counter % 10000000, counter % 1000000))
end
