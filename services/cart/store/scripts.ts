/**
 * Every change of a cart is one Lua script on one key: Redis runs it alone and as a whole, so no change is lost and nobody has to
 * try again.
 *
 * A cart is a hash: `id`, `cur` (currency), `v` (version), `at` and `up` (made and changed, milliseconds), `n` (lines), `ops` (the last
 * changes by their tags), `l:<variant>` = `quantity|price|price version|added|product`, `c:<CODE>` = terms of the coupon, and either
 * `g:<guest cart>` = `merged at|announced` or, in a guest's cart that was taken over, `into` = the account.
 *
 * Answers are `{status}` or `{status, HGETALL}`.
 */
import { maximumAmountMinor } from '#contracts/money.ts';
import { maximumCoupons, maximumLines, maximumQuantity } from '../domain/cart.ts';

/** A change that a lost connection makes the client send twice is recognised among the last so many. */
const rememberedChanges = 16;
/** An announced merge has removed the guest's cart: it is remembered as long as a request could be under way, and much longer. */
const mergeMemoryMs = 3_600_000;
/** Merges that one cart remembers; beyond it no guest cart is taken over for a while. */
const maximumMerges = 100;

/** ARGV[1] id that the cart must have, or '' for any; ARGV[2] id of a new one, or '' when it must be there. */
const prelude = `
local key = KEYS[1]
local wanted, newId, now, ttl = ARGV[1], ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4])
local function answer(status) return {status, redis.call('HGETALL', key)} end
local id = redis.call('HGET', key, 'id')
local function isMissing()
  if not id then return newId == '' or wanted ~= '' end
  return (wanted ~= '' and wanted ~= id) or redis.call('HEXISTS', key, 'into') == 1
end
local function begin(currency)
  if id then return end
  redis.call('HSET', key, 'id', newId, 'cur', currency, 'v', 0, 'at', now, 'n', 0)
  id = newId
end
local function commit()
  redis.call('HINCRBY', key, 'v', 1)
  redis.call('HSET', key, 'up', now)
  redis.call('PEXPIRE', key, ttl)
end
`;

/** Makes a cart, or gives the one that is there. ARGV[5] currency of a new one; ARGV[6] that of an empty one, or '' to leave it. */
export const openScript = `${prelude}
if isMissing() then return {'missing'} end
if not id then
  begin(ARGV[5])
  commit()
  return answer('created')
end
if ARGV[6] ~= '' and ARGV[6] ~= redis.call('HGET', key, 'cur') and redis.call('HGET', key, 'n') == '0' then
  redis.call('HSET', key, 'cur', ARGV[6])
  commit()
end
return answer('ok')
`;

/** Reads a cart. ARGV[1] the id that it must have, or ''. */
export const readScript = `
local key = KEYS[1]
local id = redis.call('HGET', key, 'id')
if not id or (ARGV[1] ~= '' and ARGV[1] ~= id) or redis.call('HEXISTS', key, 'into') == 1 then return {'missing'} end
return {'ok', redis.call('HGETALL', key)}
`;

/**
 * Sets or changes the quantity of a line. ARGV: 5 currency of a new cart, 6 tag of the change or '', 7 `set` or `add`, 8 variant,
 * 9 quantity or difference, 10 product, 11 prices with their versions as `,EUR=1999:7,USD=2100:8`; without them the present one stays.
 */
export const changeLineScript = `${prelude}
local currency, tag, mode, quantity = ARGV[5], ARGV[6], ARGV[7], tonumber(ARGV[9])
if isMissing() then return {'missing'} end
local tags = redis.call('HGET', key, 'ops') or ''
if tag ~= '' and string.find(tags, tag, 1, true) then return answer('ok') end
if id then currency = redis.call('HGET', key, 'cur') end
local field = 'l:' .. ARGV[8]
local line = id and redis.call('HGET', key, field)
local present, unit, version, added, product = 0, nil, nil, now, ARGV[10]
if line then
  local q, u, pv, a, p = string.match(line, '^(%d+)|(%d+)|(%d+)|(%d+)|(.*)$')
  present, added = tonumber(q), a
  if ARGV[11] == '' then unit, version, product = u, pv, p end
end
if mode == 'add' then quantity = present + quantity end
if quantity > ${maximumQuantity} then return {'quantity'} end
if quantity > 0 then
  if ARGV[11] ~= '' then unit, version = string.match(ARGV[11], ',' .. currency .. '=(%d+):(%d+)') end
  if not unit then return {'price'} end
  if quantity * tonumber(unit) > ${maximumAmountMinor} then return {'amount'} end
  if not line and tonumber(redis.call('HGET', key, 'n') or 0) >= ${maximumLines} then return {'lines'} end
elseif not line then
  if not id then return {'missing'} end
  return answer('ok')
end
begin(currency)
if quantity > 0 then
  local text = string.format('%d|%s|%s|%s|%s', quantity, unit, version, added, product)
  if text == line and mode == 'set' then
    redis.call('PEXPIRE', key, ttl)
    return answer('ok')
  end
  redis.call('HSET', key, field, text)
  if not line then redis.call('HINCRBY', key, 'n', 1) end
else
  redis.call('HDEL', key, field)
  redis.call('HINCRBY', key, 'n', -1)
end
if tag ~= '' then redis.call('HSET', key, 'ops', string.sub(tag .. ' ' .. tags, 1, (#tag + 1) * ${rememberedChanges})) end
commit()
return answer('ok')
`;

/** Puts a coupon in (ARGV[6] its terms) or takes it out (ARGV[6] ''). ARGV[5] code. */
export const changeCouponScript = `${prelude}
if isMissing() or not id then return {'missing'} end
local field = 'c:' .. ARGV[5]
local present = redis.call('HGET', key, field)
if (present or '') == ARGV[6] then return answer('ok') end
if ARGV[6] == '' then
  redis.call('HDEL', key, field)
else
  local count = 0
  for _, name in ipairs(redis.call('HKEYS', key)) do
    if string.sub(name, 1, 2) == 'c:' then count = count + 1 end
  end
  if not present and count >= ${maximumCoupons} then return {'coupons'} end
  redis.call('HSET', key, field, ARGV[6])
end
commit()
return answer('ok')
`;

/**
 * First step of a merge, on the guest's cart: from now on it belongs to ARGV[1] and cannot be changed. Whoever comes first gets it.
 * It is not deleted yet: were the process killed now, the account asks again and gets the same.
 */
export const sealScript = `
local key = KEYS[1]
if not redis.call('HGET', key, 'id') then return {'missing'} end
local into = redis.call('HGET', key, 'into')
if into and into ~= ARGV[1] then return {'missing'} end
redis.call('HSET', key, 'into', ARGV[1])
return {'ok', redis.call('HGETALL', key)}
`;

/**
 * Second step, on the account's cart: adds the guest's lines once, however often it is asked. ARGV: 5 currency of the guest's cart,
 * 6 its id, then pairs of a field and its value. A cart that holds something keeps its currency: lines of another have no known
 * price then (version 0). An empty cart is nothing to tell of. The third element of the answer tells how many lines were cut or left out.
 */
export const absorbScript = `${prelude}
local mark = 'g:' .. ARGV[6]
local function done(cut) return {'ok', redis.call('HGETALL', key), cut} end
if redis.call('HEXISTS', key, mark) == 1 then return done(0) end
local merges = 0
for _, name in ipairs(redis.call('HKEYS', key)) do
  if string.sub(name, 1, 2) == 'g:' then
    local at, told = string.match(redis.call('HGET', key, name), '^(%d+)|(%d)$')
    if told == '1' and tonumber(at) < now - ${mergeMemoryMs} then redis.call('HDEL', key, name) else merges = merges + 1 end
  end
end
if merges >= ${maximumMerges} then return {'merges'} end
begin(ARGV[5])
local count, coupons, cut = tonumber(redis.call('HGET', key, 'n')), 0, 0
if count == 0 then redis.call('HSET', key, 'cur', ARGV[5]) end
local isForeign = redis.call('HGET', key, 'cur') ~= ARGV[5]
for _, name in ipairs(redis.call('HKEYS', key)) do
  if string.sub(name, 1, 2) == 'c:' then coupons = coupons + 1 end
end
for index = 7, #ARGV, 2 do
  local field, value = ARGV[index], ARGV[index + 1]
  local present = redis.call('HGET', key, field)
  if string.sub(field, 1, 2) == 'l:' then
    local q, u, pv, rest = string.match(value, '^(%d+)|(%d+)|(%d+)|(.*)$')
    local quantity = tonumber(q)
    if isForeign then u, pv = '0', '0' end
    if present then
      local pq, pu, ppv, prest = string.match(present, '^(%d+)|(%d+)|(%d+)|(.*)$')
      quantity, u, pv, rest = quantity + tonumber(pq), pu, ppv, prest
    end
    local most = ${maximumQuantity}
    if tonumber(u) > 0 then most = math.min(most, math.floor(${maximumAmountMinor} / tonumber(u))) end
    if quantity > most then
      quantity = most
      cut = cut + 1
    end
    if not present and count >= ${maximumLines} then
      cut = cut + 1
    else
      redis.call('HSET', key, field, string.format('%d|%s|%s|%s', quantity, u, pv, rest))
      if not present then count = count + 1 end
    end
  elseif not present and coupons < ${maximumCoupons} then
    redis.call('HSET', key, field, value)
    coupons = coupons + 1
  end
end
redis.call('HSET', key, 'n', count, mark, string.format('%.0f|%d', now, #ARGV > 6 and 0 or 1))
commit()
return done(cut)
`;

/** Third step, on the guest's cart: it goes, if it is the account's. ARGV[1] the account. */
export const dropScript = `
if redis.call('HGET', KEYS[1], 'into') == ARGV[1] then return redis.call('DEL', KEYS[1]) end
return 0
`;

/** Notes that a merge was announced. ARGV[1] the guest's cart. */
export const tellScript = `
local mark = 'g:' .. ARGV[1]
local value = redis.call('HGET', KEYS[1], mark)
if value then redis.call('HSET', KEYS[1], mark, (string.gsub(value, '|0$', '|1'))) end
return 1
`;

/**
 * The customer has seen these prices. ARGV[1] id of the cart, then variant, line as it was, line as it is: a line that was changed
 * meanwhile is left alone. Not a change of the cart: it shows the same as before.
 */
export const acceptPricesScript = `
if redis.call('HGET', KEYS[1], 'id') ~= ARGV[1] then return 0 end
for index = 2, #ARGV, 3 do
  local field = 'l:' .. ARGV[index]
  if redis.call('HGET', KEYS[1], field) == ARGV[index + 1] then redis.call('HSET', KEYS[1], field, ARGV[index + 2]) end
end
return 1
`;

/** The cart was ordered: its lines and coupons go, and the next one has another id (ARGV[2]), so that it is ordered once. */
export const completeScript = `${prelude}
if not id or id ~= wanted then return {'missing'} end
for _, name in ipairs(redis.call('HKEYS', key)) do
  local kind = string.sub(name, 1, 2)
  if kind == 'l:' or kind == 'c:' then redis.call('HDEL', key, name) end
end
redis.call('HSET', key, 'id', newId, 'n', 0, 'at', now)
redis.call('HDEL', key, 'ops')
commit()
return answer('ok')
`;
