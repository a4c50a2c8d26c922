-- For wrk: every request is a POST of $BODY with the lines of $HEADERS.
wrk.method = "POST"
wrk.body = os.getenv("BODY")
for line in os.getenv("HEADERS"):gmatch("[^\n]+") do
  local name, value = line:match("^(.-): (.*)$")
  wrk.headers[name] = value
end
