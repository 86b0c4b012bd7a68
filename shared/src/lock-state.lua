--[[
  What a product's lock looks like at one moment. Reads only.

  KEYS[1]  lock   see worker/src/lock/acquire.lua
  KEYS[2]  line
  KEYS[3]  sizes

  ARGV[1]  waitersMax  that are listed

  Returns  { now ms of this server's clock, lease left ms, owner, token, purchases, since ms, waiters in line,
             then for each listed waiter in order: waiter, purchases, since ms }
           A lease of -2 ms: nobody holds the lock. What is not known is an empty string.
]]
local lock, line, sizes = KEYS[1], KEYS[2], KEYS[3]
local time = redis.call('TIME')
local nowMs = time[1] * 1000 + math.floor(time[2] / 1000)
local held = redis.call('HMGET', lock, 'owner', 'token', 'purchases', 'sinceMs')
local reply = { nowMs, redis.call('PTTL', lock), held[1] or '', held[2] or '', held[3] or '', held[4] or '',
  redis.call('ZCARD', line) }
for _, waiter in ipairs(redis.call('ZRANGE', line, 0, tonumber(ARGV[1]) - 1)) do
  local waits = redis.call('HMGET', sizes, waiter, 'since:' .. waiter)
  reply[#reply + 1] = waiter
  reply[#reply + 1] = waits[1] or ''
  reply[#reply + 1] = waits[2] or ''
end
return reply
