--[[
  Which of these jobs hold a text in their data. Reads only; the data stay in Redis, so that a look through a long queue
  costs the api little.

  KEYS     the jobs
  ARGV[1]  text

  Returns  the places of those that do, from 1
]]
local holding = {}
for place, job in ipairs(KEYS) do
  local data = redis.call('HGET', job, 'data')
  if data and string.find(data, ARGV[1], 1, true) then holding[#holding + 1] = place end
end
return holding
