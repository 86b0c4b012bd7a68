--[[
  Ends active jobs as completed and takes waiting ones, many in one call: what BullMQ's moveToFinished and moveToActive do
  for one job a call. Most of what a job costs Redis is the call and the commands on a single key, so many share them.

  It does what those two (BullMQ 6.7) do for jobs of the purchases queue: no parent and no children, no deduplication, no
  priority, no repetition; gathering-backend.test.ts compares them key by key. What else a queue can have (it is paused or
  limited, delayed jobs are due, prioritized ones wait) it leaves to BullMQ: it says 2, and moveToActive is to be asked.

  KEYS  1 wait  2 active  3 completed  4 stalled  5 meta  6 delayed  7 prioritized  8 marker  9 events  10 metrics
        11 metrics' data points
  ARGV  1 prefix of a job's key   2 now, epoch ms   3 name of the worker   4 ms for which a taken job is locked
        5 completed jobs to keep, at most   6 seconds to keep them   7 data points of the metrics to keep
        8 how many jobs to end; four of each: id, token of its lock, attempts made with this one, return value as JSON,
        prefixed with 1 when a job is wanted in its place (with the same token) and with 0 when not
        then, for each other job that is wanted, the token to lock it with
  Returns one entry for each job to end, then one for each other job wanted. Not ended, as moveToFinished says it:
        -1 no such job, -2 not locked, -3 not active, -6 locked by another. Else 0: none was wanted, 1: there is none
        to take, 2: ask moveToActive, or the job taken: {hash, id}.
]]
local call = redis.call
local wait, active, completed, stalled, meta, delayed = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5], KEYS[6]
local prioritized, marker, events, metrics, points = KEYS[7], KEYS[8], KEYS[9], KEYS[10], KEYS[11]
local prefix, nowText, workerName, lockMs = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
-- The text is what Redis gets where many are written: turning a number into text costs more than writing it.
local now = tonumber(nowText)
local keepCount, keepSeconds, pointsMax = tonumber(ARGV[5]), tonumber(ARGV[6]), tonumber(ARGV[7])
local toEnd = tonumber(ARGV[8])

local firstJob, perJob = 9, 4
local firstToken = firstJob + toEnd * perJob
-- More would not fit on Lua's stack, and an error must not come after a job was taken off a list.
if #ARGV > 2000 then
  return redis.error_reply('ERR too many jobs for one call')
end
-- Old jobs removed in one call, at most: more than it can add, and no more than Redis does while others wait.
local removedMax = 500

-- From so many on, reading the list once costs less than searching it for each (measured: docs/performance.md).
local onePassFrom = 16
-- Put in the place of an id, for as long as this script runs.
local gone = ''

-- Takes jobs off the list of active ones. Returns the set of those that were not on it.
local function removeActive(ids)
  local left, missing = {}, {}
  for _, id in ipairs(ids) do
    left[id] = true
  end
  -- With one product a batch is mostly what is oldest.
  local oldest = call('LRANGE', active, -#ids, -1)
  local matches = 0
  for _, id in ipairs(oldest) do
    if left[id] then
      matches = matches + 1
    end
  end
  if matches == #ids then
    call('LTRIM', active, 0, -#ids - 1)
    return missing
  end
  if #ids < onePassFrom then
    for _, id in ipairs(ids) do
      if call('LREM', active, -1, id) == 0 then
        missing[id] = true
      end
    end
    return missing
  end
  for place, id in ipairs(call('LRANGE', active, 0, -1)) do
    if left[id] then
      left[id] = nil
      call('LSET', active, place - 1, gone)
    end
  end
  call('LREM', active, 0, gone)
  return left
end

-- Ends the jobs. Returns a reply for each, how many were ended, and for whom a next one is wanted, with the tokens.
local function finish()
  local keys, lockKeys = {}, {}
  for at = firstJob, firstToken - 1, perJob do
    keys[#keys + 1] = prefix .. ARGV[at]
    lockKeys[#lockKeys + 1] = prefix .. ARGV[at] .. ':lock'
  end
  local allExist = call('EXISTS', unpack(keys)) == #keys
  local locks = call('MGET', unpack(lockKeys))
  local replies, owned = {}, {}
  for index, lock in ipairs(locks) do
    local at = firstJob + (index - 1) * perJob
    if not allExist and call('EXISTS', keys[index]) == 0 then
      replies[index] = -1
    elseif lock ~= ARGV[at + 1] then
      replies[index] = lock and -6 or -2
    else
      owned[#owned + 1] = ARGV[at]
    end
  end
  if #owned == 0 then
    return replies, 0, {}, {}
  end

  local missing = removeActive(owned)
  local wanting, tokens, ended, ownedLocks, scores = {}, {}, {}, {}, {}
  for index, key in ipairs(keys) do
    local at = firstJob + (index - 1) * perJob
    local id, token, attempts, result = ARGV[at], ARGV[at + 1], ARGV[at + 2], ARGV[at + 3]
    if not replies[index] then
      ownedLocks[#ownedLocks + 1] = lockKeys[index]
    end
    if not replies[index] and missing[id] then
      replies[index] = -3
    elseif not replies[index] then
      local value = string.sub(result, 2)
      -- The lock holds and the key exists, so it fails only where somebody put something else under the key.
      redis.pcall('HSET', key, 'atm', attempts, 'returnvalue', value, 'finishedOn', nowText)
      call('XADD', events, '*', 'event', 'completed', 'jobId', id, 'returnvalue', value, 'prev', 'active')
      ended[#ended + 1] = id
      scores[#scores + 1] = nowText
      scores[#scores + 1] = id
      replies[index] = 0
      if string.byte(result) == 49 then
        wanting[#wanting + 1] = index
        tokens[#tokens + 1] = token
      end
    end
  end
  call('DEL', unpack(ownedLocks))
  call('SREM', stalled, unpack(owned))
  if #ended > 0 then
    call('ZADD', completed, unpack(scores))
  end
  return replies, #ended, wanting, tokens
end

local function remove(ids)
  if #ids == 0 then
    return
  end
  local keys = {}
  for _, id in ipairs(ids) do
    keys[#keys + 1] = prefix .. id
    keys[#keys + 1] = prefix .. id .. ':logs'
  end
  call('DEL', unpack(keys))
  call('ZREM', completed, unpack(ids))
end

-- Removes what is too old and what is too many, oldest first.
local function forget()
  remove(call('ZRANGEBYSCORE', completed, '-inf', now - keepSeconds * 1000, 'LIMIT', 0, removedMax))
  local excess = math.min(call('ZCARD', completed) - keepCount, removedMax)
  if excess > 0 then
    remove(call('ZRANGE', completed, 0, excess - 1))
  end
end

-- Jobs a minute, as BullMQ's collectMetrics counts them.
local function measure(ended)
  local count = call('HINCRBY', metrics, 'count', ended) - ended
  local since = call('HGET', metrics, 'prevTS')
  if not since then
    call('HSET', metrics, 'prevTS', now, 'prevCount', 0)
    return
  end
  local minutes = math.min(math.floor(now / 60000) - math.floor(since / 60000), pointsMax)
  if minutes > 0 then
    call('LPUSH', points, count - call('HGET', metrics, 'prevCount'))
    for _ = 2, minutes do
      call('LPUSH', points, 0)
    end
    call('LTRIM', points, 0, pointsMax - 1)
    call('HSET', metrics, 'prevCount', count, 'prevTS', now)
  end
end

-- The job as moveToActive returns it; nil when what is stored under its key is no job.
local function start(id, token)
  local key = prefix .. id
  local hash = redis.pcall('HGETALL', key)
  if hash.err then
    return nil
  end
  local starts = '1'
  for at = 1, #hash, 2 do
    if hash[at] == 'ats' then
      starts = tostring((tonumber(hash[at + 1]) or 0) + 1)
    end
  end
  call('SET', key .. ':lock', token, 'PX', lockMs)
  call('HSET', key, 'processedOn', nowText, 'pb', workerName, 'ats', starts)
  -- As if read after it: what comes later counts.
  for _, part in ipairs({ 'processedOn', nowText, 'pb', workerName, 'ats', starts }) do
    hash[#hash + 1] = part
  end
  return { hash, id }
end

-- Takes a job for each token, and puts it, or why there is none, where `places` says.
local function take(replies, places, tokens, settings)
  local closed = settings[2] or settings[3] or settings[4]
  -- Delayed jobs that are due go to the end of the line, so it does no harm to take from its beginning first. One is
  -- left to moveToActive, which puts them there.
  local due = #call('ZRANGEBYSCORE', delayed, 0, (now + 1) * 0x1000 - 1, 'LIMIT', 0, 1)
  local wanted = closed and 0 or #tokens - due
  local taken = wanted > 0 and call('RPOP', wait, wanted) or {}
  if #taken > 0 then
    call('LPUSH', active, unpack(taken))
    call('ZADD', marker, 0, '0')
  end
  -- What else there may be to take, BullMQ looks for; of delayed jobs it also says when the first is due.
  local plain = not closed and call('ZCARD', prioritized) == 0 and call('ZCARD', delayed) == 0
  for position, place in ipairs(places) do
    local id = taken[position]
    replies[place] = id and start(id, tokens[position]) or (plain and not id and 1 or 2)
  end
end

local settings = call('HMGET', meta, 'opts.maxLenEvents', 'paused', 'concurrency', 'max')
local replies, ended, wanting, tokens = {}, 0, {}, {}
if toEnd > 0 then
  replies, ended, wanting, tokens = finish()
  if ended > 0 then
    forget()
    measure(ended)
    call('XTRIM', events, 'MAXLEN', '~', settings[1] or 10000)
  end
end
for at = firstToken, #ARGV do
  wanting[#wanting + 1] = toEnd + at - firstToken + 1
  tokens[#tokens + 1] = ARGV[at]
end
if #wanting > 0 then
  take(replies, wanting, tokens, settings)
end
return replies
