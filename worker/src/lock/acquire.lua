--[[
  Joins the line of a product's lock and takes the lock when it is free and this waiter is at the head.
  Calling it again keeps the place, counts as a sign of life, and gives a granted lease again if the first answer
  was lost.

  KEYS[1]  lock        hash: owner, token, purchases, left (purchases that stay behind), sinceMs; expires with the lease
  KEYS[2]  line        sorted set: waiter by turn
  KEYS[3]  heartbeats  sorted set: waiter by its last sign of life, ms of this server's clock
  KEYS[4]  sizes       hash: waiter -> purchases it would settle, "left:" .. waiter -> those that would stay behind,
                       "since:" .. waiter -> ms when it began to wait
  KEYS[5]  counters    hash: token, turn

  ARGV[1]  waiter      unique for each wait: "<worker>:<number>"
  ARGV[2]  leaseMs
  ARGV[3]  tokenFloor  largest fencing token known to have been used, from Postgres or an earlier lease
  ARGV[4]  silentMsMax a waiter silent for longer counts as dead and loses its place
  ARGV[5]  purchases   how many this waiter would settle
  ARGV[6]  left        how many of its purchases would stay behind

  Returns  { token }   granted
           { 0, ms the lease still runs, the holder's purchases, what it left behind, waiters ahead,
             then the purchases and what is left of each other waiter in line, in order of service }
                       waiting; the second is 0 when the lock is free but the head's turn has not been used, and then
                       the two after it are -1
]]
local lock, line, heartbeats, sizes, counters = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local waiter, leaseMs, purchases, left = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[5]), tonumber(ARGV[6])
local time = redis.call('TIME')
local nowMs = time[1] * 1000 + math.floor(time[2] / 1000)

local function grant()
  -- A Redis that lost its data starts counting at 0 again: the floor keeps tokens growing all the same.
  local token = math.max(tonumber(redis.call('HGET', counters, 'token') or 0), tonumber(ARGV[3])) + 1
  local text = string.format('%.0f', token)
  redis.call('HSET', counters, 'token', text)
  redis.call('HSET', lock, 'owner', waiter, 'token', text, 'purchases', purchases, 'left', left,
    'sinceMs', string.format('%.0f', nowMs))
  redis.call('PEXPIRE', lock, leaseMs)
  return { token }
end

local owner = redis.call('HGET', lock, 'owner')
if owner == waiter then
  redis.call('PEXPIRE', lock, leaseMs)
  return { tonumber(redis.call('HGET', lock, 'token')) }
end

-- Free and nobody waits, as it mostly is: no place in the line has to be written and removed again.
if not owner and redis.call('EXISTS', line) == 0 then
  return grant()
end

if not redis.call('ZSCORE', line, waiter) then
  redis.call('ZADD', line, redis.call('HINCRBY', counters, 'turn', 1), waiter)
end
redis.call('ZADD', heartbeats, nowMs, waiter)
redis.call('HSET', sizes, waiter, purchases, 'left:' .. waiter, left)

-- Dead waiters, at most 100 a call so that a call stays short.
local silent = redis.call('ZRANGEBYSCORE', heartbeats, '-inf', '(' .. (nowMs - tonumber(ARGV[4])), 'LIMIT', 0, 100)
for _, dead in ipairs(silent) do
  redis.call('ZREM', line, dead)
  redis.call('ZREM', heartbeats, dead)
  redis.call('HDEL', sizes, dead, 'left:' .. dead, 'since:' .. dead)
end

local rank = redis.call('ZRANK', line, waiter)
if owner or rank > 0 then
  -- Only for show, and only for who has to wait: a lock that is free costs nothing more.
  redis.call('HSETNX', sizes, 'since:' .. waiter, string.format('%.0f', nowMs))
  local reply = { 0, 0, -1, -1, math.min(rank, 100) }
  if owner then
    local held = redis.call('HMGET', lock, 'purchases', 'left')
    reply[2], reply[3], reply[4] = redis.call('PTTL', lock), tonumber(held[1]), tonumber(held[2] or 0)
  end
  -- The line is as long as there are workers; 100 of them are read, for the call to stay short.
  local fields = {}
  for _, other in ipairs(redis.call('ZRANGE', line, 0, 100)) do
    if other ~= waiter and #fields < 200 then
      fields[#fields + 1] = other
      fields[#fields + 1] = 'left:' .. other
    end
  end
  if #fields > 0 then
    for _, count in ipairs(redis.call('HMGET', sizes, unpack(fields))) do
      reply[#reply + 1] = tonumber(count or 0)
    end
  end
  return reply
end

redis.call('ZREM', line, waiter)
redis.call('ZREM', heartbeats, waiter)
redis.call('HDEL', sizes, waiter, 'left:' .. waiter, 'since:' .. waiter)
return grant()
