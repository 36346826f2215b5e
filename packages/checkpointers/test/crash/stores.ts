/** The stores that are killed: how each is opened from a line of text, in any process. */
import type { Checkpointer } from "@locus-sdk/core";

export type StoreName = "sqlite" | "postgres" | "redis";

/** Short, so that what a dead process held is soon free. */
const LEASE_MS = 400;

/** @param place a file, or the URL of a server */
export async function openStore(name: StoreName, place: string, scope: string): Promise<Checkpointer> {
  const options = { leaseMs: LEASE_MS, snapshotEvery: 5 };
  switch (name) {
    case "sqlite": {
      const { SqliteCheckpointer } = await import("@locus-sdk/checkpointers/sqlite");
      return new SqliteCheckpointer({ path: place, busyTimeoutMs: 20_000, ...options });
    }
    case "postgres": {
      const { PostgresCheckpointer } = await import("@locus-sdk/checkpointers/postgres");
      return new PostgresCheckpointer({ connectionString: place, schema: scope, ...options });
    }
    case "redis": {
      const { RedisCheckpointer } = await import("@locus-sdk/checkpointers/redis");
      return new RedisCheckpointer({ url: place, prefix: `${scope}:`, ...options });
    }
  }
}
