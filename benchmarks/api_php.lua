-- The same texts as in submit.lua, as scripts and monitoring systems send them.
dofile(os.getenv("BENCH_TOLD"))
local counter = 0
local password = os.getenv("BENCH_KEY")

function request()
  counter = counter + 1
  local body = string.format("username=bench&password=%s&to=%%2B49170%07d&text=Your+code+is+%06d",
    password, counter % 10000000, counter % 1000000)
  return wrk.format("POST", "/api.php", {
    ["Content-Type"] = "application/x-www-form-urlencoded",
  }, body)
end
