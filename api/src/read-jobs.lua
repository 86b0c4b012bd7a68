--[[
  Reads jobs, as BullMQ stores them: what its HGETALL does for one job a call, for all that an api wants to see in a turn
  of its event loop. Only what a purchase is shown by: the whole of a job costs Redis twice as much.

  KEYS  of the jobs
  ARGV  names of their fields
  Returns for each job the values of these, or an error.
]]
local replies = {}
for index, key in ipairs(KEYS) do
  -- What is wrong with one key must not hide the others, hence pcall.
  replies[index] = redis.pcall('HMGET', key, unpack(ARGV))
end
return replies
