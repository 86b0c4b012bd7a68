--[[
  Makes the owner's lease run from now again. Nobody else's.

  KEYS[1]  lock     see acquire.lua

  ARGV[1]  owner
  ARGV[2]  leaseMs

  Returns  1 when renewed, 0 when the lease is lost
]]
if redis.call('HGET', KEYS[1], 'owner') == ARGV[1] then
  return redis.call('PEXPIRE', KEYS[1], ARGV[2])
end
return 0
