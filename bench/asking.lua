-- What wrk asks for bench/engines.py: one address after the other of a file, and at the end one line of JSON.
--
--     wrk -t 1 … -s bench/asking.lua http://127.0.0.1:8000 -- ADDRESSES
--
-- One thread, as each has a copy of this script and would ask the same addresses again.

local addresses, asked = {}, 0

function init(arguments)
   for line in io.lines(arguments[1]) do
      addresses[#addresses + 1] = line
   end
   wrk.headers["Accept"] = "application/sparql-results+json, text/html;q=0.5"
end

function request()
   asked = asked + 1
   return wrk.format("GET", addresses[(asked - 1) % #addresses + 1])
end

-- Microseconds. Whatever went wrong is counted: no connection, no answer, or a status above 399.
function done(summary, latency, _)
   local errors = summary.errors
   local failed = errors.connect + errors.read + errors.write + errors.status + errors.timeout
   io.write(string.format(
      '{"answered": %d, "duration": %d, "failed": %d, "median": %d, "p95": %d}\n',
      summary.requests, summary.duration, failed, latency:percentile(50), latency:percentile(95)
   ))
end
