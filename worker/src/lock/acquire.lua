--[[
  Joins the line of a product's lock and takes the lock when it is free and this waiter is at the head.
  Calling it again keeps the place, counts as a sign of life, and gives a granted lease again if the first answer
  was lost.

  KEYS[1]  lock        hash: owner, token, purchases, sinceMs; expires with the lease
  KEYS[2]  line        sorted set: waiter by turn
  KEYS[3]  heartbeats  sorted set: waiter by its last sign of life, ms of this server's clock
  KEYS[4]  sizes       hash: waiter -> purchases it would settle, "since:" .. waiter -> ms when it began to wait
  KEYS[5]  counters    hash: token, turn

  ARGV[1]  waiter      unique for each wait: "<worker>:<number>"
  ARGV[2]  leaseMs
  ARGV[3]  tokenFloor  largest fencing token known to have been used, from Postgres or an earlier lease
  ARGV[4]  silentMsMax a waiter silent for longer counts as dead and loses its place
  ARGV[5]  purchases   how many this waiter would settle

  Returns  { token, 0, 0, 0 }                                              granted
           { 0, batches ahead, purchases ahead, ms the lease still runs }  waiting; the last is 0 when the lock is
                                                                           free but the head's turn has not been used
]]
local lock, line, heartbeats, sizes, counters = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local waiter, leaseMs, purchases = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[5])
local time = redis.call('TIME')
local nowMs = time[1] * 1000 + math.floor(time[2] / 1000)

local function grant()
  -- A Redis that lost its data starts counting at 0 again: the floor keeps tokens growing all the same.
  local token = math.max(tonumber(redis.call('HGET', counters, 'token') or 0), tonumber(ARGV[3])) + 1
  local text = string.format('%.0f', token)
  redis.call('HSET', counters, 'token', text)
  redis.call('HSET', lock, 'owner', waiter, 'token', text, 'purchases', purchases, 'sinceMs', string.format('%.0f', nowMs))
  redis.call('PEXPIRE', lock, leaseMs)
  return { token, 0, 0, 0 }
end

local owner = redis.call('HGET', lock, 'owner')
if owner == waiter then
  redis.call('PEXPIRE', lock, leaseMs)
  return { tonumber(redis.call('HGET', lock, 'token')), 0, 0, 0 }
end

-- Free and nobody waits, as it mostly is: no place in the line has to be written and removed again.
if not owner and redis.call('EXISTS', line) == 0 then
  return grant()
end

if not redis.call('ZSCORE', line, waiter) then
  redis.call('ZADD', line, redis.call('HINCRBY', counters, 'turn', 1), waiter)
end
redis.call('ZADD', heartbeats, nowMs, waiter)
redis.call('HSET', sizes, waiter, purchases)

-- Dead waiters, at most 100 a call so that a call stays short.
local silent = redis.call('ZRANGEBYSCORE', heartbeats, '-inf', '(' .. (nowMs - tonumber(ARGV[4])), 'LIMIT', 0, 100)
for _, dead in ipairs(silent) do
  redis.call('ZREM', line, dead)
  redis.call('ZREM', heartbeats, dead)
  redis.call('HDEL', sizes, dead, 'since:' .. dead)
end

local rank = redis.call('ZRANK', line, waiter)
if owner or rank > 0 then
  -- Only for show, and only for who has to wait: a lock that is free costs nothing more.
  redis.call('HSETNX', sizes, 'since:' .. waiter, string.format('%.0f', nowMs))
  local batchesAhead, purchasesAhead, leaseLeftMs = rank, 0, 0
  if owner then
    batchesAhead = rank + 1
    purchasesAhead = tonumber(redis.call('HGET', lock, 'purchases'))
    leaseLeftMs = redis.call('PTTL', lock)
  end
  -- The line is as long as there are workers; 100 of them are counted, for the call to stay short. With none ahead the
  -- range would end at -1, which is Redis' word for the last.
  if rank > 0 then
    for _, other in ipairs(redis.call('ZRANGE', line, 0, math.min(rank, 100) - 1)) do
      purchasesAhead = purchasesAhead + tonumber(redis.call('HGET', sizes, other) or 0)
    end
  end
  return { 0, batchesAhead, purchasesAhead, leaseLeftMs }
end

redis.call('ZREM', line, waiter)
redis.call('ZREM', heartbeats, waiter)
redis.call('HDEL', sizes, waiter, 'since:' .. waiter)
return grant()
