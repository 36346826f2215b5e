import { randomBytes } from "node:crypto";
import { describeCheckpointer } from "@locus-sdk/core/testing";
import { afterAll, beforeAll, describe, it } from "vitest";
import { clientOf, dumpOf, removeKeys } from "../../test/redis.ts";
import { Keys } from "./keys.ts";
import { RedisCheckpointer, type RedisCheckpointerOptions } from "./redis.ts";

const url = process.env.LOCUS_TEST_REDIS_URL;

if (url === undefined) {
  describe.skipIf(true)("RedisCheckpointer, where LOCUS_TEST_REDIS_URL names a server", () => {
    it("is not tested: source .ci/services for a server of one's own", () => undefined);
  });
} else {
  const client = clientOf(url);
  beforeAll(async () => {
    await client.connect();
  });
  afterAll(async () => {
    await client.close();
  });

  describeCheckpointer(
    "RedisCheckpointer",
    () => {
      const prefix = `test:${randomBytes(6).toString("hex")}:`;
      const open = (options: Partial<RedisCheckpointerOptions> = {}): RedisCheckpointer =>
        new RedisCheckpointer({ client, prefix, snapshotEvery: 10, ...options });
      return {
        checkpointer: open(),
        reopen: open,
        leaseStore: (leaseMs) => open({ leaseMs }),
        withTtl: (ttlMs) => open({ ttlMs }),
        withEncryption: (encryption) => open({ encryption }),
        plant: async (threadId, schemaVersion, events) => {
          await open().append(threadId, 0, events);
          const keys = new Keys(prefix).of(threadId);
          await client.hSet(keys.summary, "s", schemaVersion);
          for (const [sequence, record] of Object.entries(await client.hGetAll(keys.events))) {
            await client.hSet(keys.events, sequence, record.replace(/^\d+/, String(schemaVersion)));
          }
        },
        dump: async () => await dumpOf(client, prefix),
        dispose: async () => await removeKeys(client, prefix),
      };
    },
    {
      offers: [
        "acquire",
        "close",
        "dump",
        "leaseStore",
        "plant",
        "reopen",
        "snapshotEvery",
        "vacuum",
        "withEncryption",
        "withTtl",
      ],
    },
  );
}
