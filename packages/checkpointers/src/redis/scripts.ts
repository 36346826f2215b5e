/** What the server does in one piece, in its own language. A script is whole or does not happen: it checks before it writes. */
import { createHash } from "node:crypto";

export interface Script {
  readonly text: string;
  /** SHA-1, by which the server knows it. */
  readonly sha: string;
}

/** A page of events ends where it has so many, or where it would have more bytes than this. */
const PAGE_EVENTS = 1_000;
const PAGE_BYTES = 4_000_000;

const COMMON = `
local function number(text) return string.format('%.0f', text) end
local function nowMs()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end
-- Whether a thread last written at ms has not outlived its time.
local function alive(ms, ttl) return ttl == '' or tonumber(ms) >= nowMs() - tonumber(ttl) end
`;

/** Records from a sequence on, without a gap; at least one where there is one. Lengths are known without reading. */
const PAGE = `
local function page(events, from, upTo)
  local records, used = {}, 0
  for sequence = from, upTo do
    local field = number(sequence)
    local length = redis.call('HSTRLEN', events, field)
    if length == 0 or #records == ${PAGE_EVENTS} or (#records > 0 and used + length > ${PAGE_BYTES}) then break end
    records[#records + 1] = redis.call('HGET', events, field)
    used = used + length
  end
  return records
end
`;

function script(...parts: readonly string[]): Script {
  const text = parts.join("");
  return { text, sha: createHash("sha1").update(text).digest("hex") };
}

/** Keys: layout. Values: version. → the version that is there. It writes the first time alone: a full server or a replica can be read. */
export const LAYOUT: Script = script(`
local found = redis.call('GET', KEYS[1])
if found then return found end
redis.call('SET', KEYS[1], ARGV[1])
return ARGV[1]`);

/**
 * Keys: summary, events, snapshots, links, index, fences.
 * Values: expected version, version, schema version, created, updated, updated in ms, facts or "" for those before, fence or "",
 * ttl or "", incarnation, id, snapshot version or "", base or "", snapshot, records…
 * → ["ok" | "conflict" | "newer" | "lost", version or schema version].
 */
export const APPEND: Script = script(
  COMMON,
  `
local found = redis.call('HMGET', KEYS[1], 'v', 's', 'm')
local version, expired = '0', false
if found[1] then
  if not alive(found[3], ARGV[9]) then expired = true
  else
    version = found[1]
    if tonumber(found[2]) > tonumber(ARGV[3]) then return {'newer', found[2]} end
  end
end
if ARGV[8] ~= '' then
  local fence = redis.call('HGET', KEYS[6], ARGV[11])
  if not fence or tonumber(fence) > tonumber(ARGV[8]) then return {'lost', '0'} end
end
if version ~= ARGV[1] then return {'conflict', version} end
if #ARGV == 14 then return {'ok', version} end

if expired then redis.call('UNLINK', KEYS[1], KEYS[2], KEYS[3], KEYS[4]) end
if version == '0' then
  redis.call('HSET', KEYS[1], 'c', ARGV[4], 'n', ARGV[10])
  redis.call('ZADD', KEYS[5], 0, ARGV[11])
end
redis.call('HSET', KEYS[1], 'v', ARGV[2], 's', ARGV[3], 'u', ARGV[5], 'm', ARGV[6])
if ARGV[7] ~= '' then redis.call('HSET', KEYS[1], 'f', ARGV[7]) end
for index = 15, #ARGV do redis.call('HSET', KEYS[2], number(ARGV[1] + index - 14), ARGV[index]) end
-- Without the one it builds on a snapshot could not be read, and is left out.
if ARGV[12] ~= '' and (ARGV[13] == '' or redis.call('HEXISTS', KEYS[4], ARGV[13]) == 1) then
  redis.call('HSET', KEYS[3], ARGV[12], ARGV[14])
  redis.call('HSET', KEYS[4], ARGV[12], ARGV[13])
end
return {'ok', ARGV[2]}`,
);

/** Keys: summary. Values: ttl or "". → [incarnation, version, schema version, facts], or nothing. */
export const HEAD: Script = script(
  COMMON,
  `
local found = redis.call('HMGET', KEYS[1], 'n', 'v', 's', 'f', 'm')
if not found[1] or not alive(found[5], ARGV[1]) then return false end
return {found[1], found[2], found[3], found[4]}`,
);

/**
 * Keys: summary, events, snapshots, links. Values: ttl or "", last version wanted or "", "newest" or "all" snapshots.
 * → [incarnation, version, schema version, [version, base or "", snapshot, …], records…], or nothing. The records follow the newest
 * snapshot; with "all" there are none.
 */
export const READ: Script = script(
  COMMON,
  PAGE,
  `
local found = redis.call('HMGET', KEYS[1], 'n', 'v', 's', 'm')
if not found[1] or not alive(found[4], ARGV[1]) then return false end
local upTo = tonumber(found[2])
if ARGV[2] ~= '' then upTo = math.min(upTo, tonumber(ARGV[2])) end

local bases, versions = {}, {}
local links = redis.call('HGETALL', KEYS[4])
for index = 1, #links, 2 do
  local version = tonumber(links[index])
  if version <= upTo then
    bases[version] = links[index + 1]
    versions[#versions + 1] = version
  end
end
table.sort(versions, function(a, b) return a > b end)
local chosen = versions
if ARGV[3] == 'newest' then
  chosen = {}
  for _, newest in ipairs(versions) do
    local chain, version = {}, newest
    while version and bases[version] do
      chain[#chain + 1] = version
      if bases[version] == '' then chosen = chain break end
      local base = tonumber(bases[version])
      version = base < version and base or nil
    end
    if #chosen > 0 then break end
  end
end
local snapshots = {}
for _, version in ipairs(chosen) do
  snapshots[#snapshots + 1] = number(version)
  snapshots[#snapshots + 1] = bases[version]
  snapshots[#snapshots + 1] = redis.call('HGET', KEYS[3], number(version)) or ''
end
if ARGV[3] == 'all' then return {found[1], found[2], found[3], snapshots, {}} end
return {found[1], found[2], found[3], snapshots, page(KEYS[2], (chosen[1] or 0) + 1, upTo)}`,
);

/** Keys: summary, events. Values: incarnation, first sequence, last. → records; nothing where it is another thread by now. */
export const EVENTS: Script = script(
  COMMON,
  PAGE,
  `
if redis.call('HGET', KEYS[1], 'n') ~= ARGV[1] then return false end
return page(KEYS[2], tonumber(ARGV[2]), tonumber(ARGV[3]))`,
);

/** Keys: summary, snapshots. Values: incarnation, version. → a snapshot; nothing where it is gone. */
export const SNAPSHOT: Script = script(`
if redis.call('HGET', KEYS[1], 'n') ~= ARGV[1] then return false end
return redis.call('HGET', KEYS[2], ARGV[2])`);

/** Keys: summary, links. Values: incarnation. → [version, base or "", …]; nothing where the thread is gone. */
export const LINKS: Script = script(`
if redis.call('HGET', KEYS[1], 'n') ~= ARGV[1] then return false end
return redis.call('HGETALL', KEYS[2])`);

/**
 * Keys: index. Values: first, last, "asc" or "desc", how many, prefix of summaries, ttl or "".
 * → [[id, version, schema version, created, updated, facts] or [id] for one that is not to be seen, …].
 */
export const LIST: Script = script(
  COMMON,
  `
local command, first, last = 'ZRANGEBYLEX', ARGV[1], ARGV[2]
if ARGV[3] == 'desc' then command, first, last = 'ZREVRANGEBYLEX', last, first end
local rows = {}
for _, id in ipairs(redis.call(command, KEYS[1], first, last, 'LIMIT', 0, ARGV[4])) do
  local found = redis.call('HMGET', ARGV[5] .. id, 'v', 's', 'c', 'u', 'f', 'm')
  if found[1] and alive(found[6], ARGV[6]) then
    rows[#rows + 1] = {id, found[1], found[2], found[3], found[4], found[5] or ''}
  else rows[#rows + 1] = {id} end
end
return rows`,
);

/** Keys: summary, events, snapshots, links, index. Values: id, ttl or "". → whether there was a thread to be seen. */
export const DELETE: Script = script(
  COMMON,
  `
local found = redis.call('HGET', KEYS[1], 'm')
redis.call('UNLINK', KEYS[1], KEYS[2], KEYS[3], KEYS[4])
redis.call('ZREM', KEYS[5], ARGV[1])
return (found and alive(found, ARGV[2])) and 1 or 0`,
);

/** As DELETE, of a thread that has outlived its time only. → whether it is gone. */
export const DELETE_EXPIRED: Script = script(
  COMMON,
  `
local found = redis.call('HGET', KEYS[1], 'm')
if not found or alive(found, ARGV[2]) then return 0 end
redis.call('UNLINK', KEYS[1], KEYS[2], KEYS[3], KEYS[4])
redis.call('ZREM', KEYS[5], ARGV[1])
return 1`,
);

/** Keys: a staged hash. Values: how long it is kept in ms, field, value, … */
export const STAGE: Script = script(`
for index = 2, #ARGV, 2 do redis.call('HSET', KEYS[1], ARGV[index], ARGV[index + 1]) end
redis.call('PEXPIRE', KEYS[1], ARGV[1])
return 1`);

/**
 * Keys: summary, events, snapshots, links, index; staged events, snapshots, links.
 * Values: version, schema version, created, updated, updated in ms, facts, incarnation, id, ttl or "".
 * → "ok", "exists", or "gone" where what was staged took too long.
 */
export const COMMIT: Script = script(
  COMMON,
  `
local found = redis.call('HGET', KEYS[1], 'm')
if found then
  if alive(found, ARGV[9]) then return 'exists' end
  redis.call('UNLINK', KEYS[1], KEYS[2], KEYS[3], KEYS[4])
end
if redis.call('HLEN', KEYS[6]) ~= tonumber(ARGV[1]) then return 'gone' end
for index = 6, 8 do
  if redis.call('EXISTS', KEYS[index]) == 1 then
    redis.call('RENAME', KEYS[index], KEYS[index - 4])
    redis.call('PERSIST', KEYS[index - 4])
  end
end
redis.call('HSET', KEYS[1], 'v', ARGV[1], 's', ARGV[2], 'c', ARGV[3], 'u', ARGV[4], 'm', ARGV[5], 'f', ARGV[6], 'n', ARGV[7])
redis.call('ZADD', KEYS[5], 0, ARGV[8])
return 'ok'`,
);

/** Keys: any. → how many there were. */
export const DROP: Script = script("return redis.call('UNLINK', unpack(KEYS))");

/** Keys: fences, leases, counter. Values: id, ms. → ["given", fence] or ["held", ms]. */
export const ACQUIRE: Script = script(
  COMMON,
  `
local now = nowMs()
local ends = redis.call('ZSCORE', KEYS[2], ARGV[1])
if ends and tonumber(ends) > now then return {'held', number(ends - now)} end
local fence = number(redis.call('INCR', KEYS[3]))
redis.call('HSET', KEYS[1], ARGV[1], fence)
redis.call('ZADD', KEYS[2], number(now + ARGV[2]), ARGV[1])
return {'given', fence}`,
);

/**
 * Keys: fences, leases. Values: id, fence, ms or "0" to give it back, for good. → whether it is still the latest, and not back.
 */
export const RENEW: Script = script(
  COMMON,
  `
local ends = tonumber(redis.call('ZSCORE', KEYS[2], ARGV[1]) or '0')
if ends == 0 or redis.call('HGET', KEYS[1], ARGV[1]) ~= ARGV[2] then return 0 end
redis.call('ZADD', KEYS[2], ARGV[3] == '0' and '0' or number(nowMs() + ARGV[3]), ARGV[1])
return 1`,
);

/** Keys: leases, fences. Values: ms, how many at most. Forgets leases that are over for that long. → how many. */
export const FORGET_LEASES: Script = script(
  COMMON,
  `
local ids = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', number(nowMs() - ARGV[1]), 'LIMIT', 0, ARGV[2])
for _, id in ipairs(ids) do
  redis.call('ZREM', KEYS[1], id)
  redis.call('HDEL', KEYS[2], id)
end
return #ids`,
);

/** Keys: summary, a hash. Values: incarnation, field, what it was, what it becomes, … → how many were so. */
export const REPLACE: Script = script(`
if redis.call('HGET', KEYS[1], 'n') ~= ARGV[1] then return 0 end
local replaced = 0
for index = 2, #ARGV, 3 do
  if redis.call('HGET', KEYS[2], ARGV[index]) == ARGV[index + 1] then
    redis.call('HSET', KEYS[2], ARGV[index], ARGV[index + 2])
    replaced = replaced + 1
  end
end
return replaced`);
