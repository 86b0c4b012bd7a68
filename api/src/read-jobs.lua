--[[
  Reads jobs, as BullMQ stores them: what its HGETALL does for one job a call, for all that an api wants to see in a turn
  of its event loop.

  KEYS  of the jobs
  Returns for each its fields and values in turn, nothing when there is no such job, or an error.
]]
local replies = {}
for index, key in ipairs(KEYS) do
  -- What is wrong with one key must not hide the others, hence pcall.
  replies[index] = redis.pcall('HGETALL', key)
end
return replies
