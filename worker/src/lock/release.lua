--[[
  Gives the lock back, or the place in the line, and wakes the waiter that is next. Only the owner frees the lock.

  KEYS[1]  lock        see acquire.lua
  KEYS[2]  line
  KEYS[3]  heartbeats
  KEYS[4]  sizes

  ARGV[1]  waiter      the owner, or one that gives up waiting
  ARGV[2]  wakePrefix  channel of a worker is this and the worker's id

  Returns  1 when the lock was freed, 0 when this waiter did not hold it
]]
local lock, line, heartbeats, sizes = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local waiter = ARGV[1]

redis.call('ZREM', line, waiter)
redis.call('ZREM', heartbeats, waiter)
redis.call('HDEL', sizes, waiter, 'left:' .. waiter, 'since:' .. waiter)

local freed = 0
if redis.call('HGET', lock, 'owner') == waiter then
  redis.call('DEL', lock)
  freed = 1
end

-- Also when nothing was freed: if the head gave up its place, the next one may find the lock free.
if redis.call('EXISTS', lock) == 0 then
  local head = redis.call('ZRANGE', line, 0, 0)[1]
  if head then
    redis.call('PUBLISH', ARGV[2] .. string.match(head, '^(.*):%d+$'), head)
  end
end
return freed
