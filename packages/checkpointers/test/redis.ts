/** A Redis server's keys, for the tests of stores that keep theirs in it. */
import { createClient } from "redis";

export const clientOf = (url: string) => createClient({ url });
type Client = ReturnType<typeof clientOf>;

/** The names of all keys with a prefix. */
export async function keysOf(client: Client, prefix: string): Promise<readonly string[]> {
  const keys: string[] = [];
  for await (const page of client.scanIterator({ MATCH: `${prefix}*`, COUNT: 1_000 })) keys.push(...page);
  return keys;
}

/** Names and values of all keys with a prefix. */
export async function dumpOf(client: Client, prefix: string): Promise<string> {
  const all: unknown[] = [];
  for (const key of await keysOf(client, prefix)) {
    const type = await client.type(key);
    if (type === "hash") all.push(key, await client.hGetAll(key));
    else if (type === "zset") all.push(key, await client.zRangeWithScores(key, 0, -1));
    else all.push(key, type, await client.get(key));
  }
  return JSON.stringify(all);
}

export async function removeKeys(client: Client, prefix: string): Promise<void> {
  const keys = await keysOf(client, prefix);
  if (keys.length > 0) await client.unlink([...keys]);
}
