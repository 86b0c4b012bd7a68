--[[
  Adds jobs to the queue of purchases, in order, and says which of them were there already: what BullMQ's addStandardJob
  does for one job a call, for all that an api was given in a turn of its event loop. A batch shares what is not of one
  job alone (the list, the marker, the counter), and nothing has to be read back: BullMQ's script answers with the id
  whether it added the job or found one.

  Of what addStandardJob (BullMQ 6.7) does it leaves out parents, deduplication, repetition and order from the back,
  which purchases have none of; add-purchases.test.ts compares the two key by key.

  KEYS  1 wait  2 meta  3 id (counter)  4 active  5 marker
  ARGV  1 prefix of a job's key  2 name of the jobs  3 their options as JSON, then three a job: id, epoch ms of its
        acceptance, data as JSON
  Returns one entry a job: '' when it was added, the data of the job that was there, or an error.
]]
local call = redis.call
local wait, meta, counter, active, marker = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local prefix, name, options = ARGV[1], ARGV[2], ARGV[3]
local firstJob, perJob = 4, 3

local keys = {}
for at = firstJob, #ARGV, perJob do
  keys[#keys + 1] = prefix .. ARGV[at]
end
local noneExists = call('EXISTS', unpack(keys)) == 0

-- What is wrong with one key must not keep the others off the list, hence pcall: a job that is stored and not on it
-- would be taken for one that waits.
local replies, added, addedKeys = {}, {}, {}
for index, key in ipairs(keys) do
  local at = firstJob + (index - 1) * perJob
  local id = ARGV[at]
  -- The same id may be here twice.
  local stored = not (noneExists and not addedKeys[key]) and redis.pcall('HGET', key, 'data')
  if stored then
    replies[index] = stored
  else
    local failed = redis.pcall('HSET', key, 'name', name, 'data', ARGV[at + 2], 'opts', options,
      'timestamp', ARGV[at + 1], 'delay', '0', 'priority', '0')
    if type(failed) == 'table' then
      replies[index] = failed
    else
      added[#added + 1] = id
      addedKeys[key] = true
      replies[index] = ''
    end
  end
end
call('INCRBY', counter, #replies)
if #added == 0 then
  return replies
end

local settings = call('HMGET', meta, 'paused', 'concurrency')
call('LPUSH', wait, unpack(added))
local full = settings[2] and call('LLEN', active) >= tonumber(settings[2])
if not settings[1] and not full then
  call('ZADD', marker, 0, '0')
end
return replies
