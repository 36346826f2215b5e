import { randomBytes } from "node:crypto";
import { describeCheckpointer } from "@locus-sdk/core/testing";
import pg from "pg";
import { afterAll, beforeAll, describe, it } from "vitest";
import { PostgresCheckpointer, type PostgresCheckpointerOptions } from "./postgres.ts";

const connectionString = process.env.LOCUS_TEST_POSTGRES_URL;

if (connectionString === undefined) {
  describe.skipIf(true)("PostgresCheckpointer, where LOCUS_TEST_POSTGRES_URL names a server", () => {
    it("is not tested: source .ci/services for a server of one's own", () => undefined);
  });
} else {
  let pool: pg.Pool;
  beforeAll(() => {
    pool = new pg.Pool({ connectionString, max: 20 });
  });
  afterAll(async () => {
    await pool.end();
  });

  describeCheckpointer(
    "PostgresCheckpointer",
    () => {
      const schema = `test_${randomBytes(6).toString("hex")}`;
      const open = (options: Partial<PostgresCheckpointerOptions> = {}): PostgresCheckpointer =>
        new PostgresCheckpointer({ pool, schema, snapshotEvery: 10, ...options });
      return {
        checkpointer: open(),
        reopen: open,
        leaseStore: (leaseMs) => open({ leaseMs }),
        withTtl: (ttlMs) => open({ ttlMs }),
        withEncryption: (encryption) => open({ encryption }),
        plant: async (threadId, schemaVersion, events) => {
          await open().append(threadId, 0, events);
          await pool.query(`UPDATE "${schema}".threads SET schema_version = $1`, [schemaVersion]);
          await pool.query(`UPDATE "${schema}".events SET schema_version = $1`, [schemaVersion]);
        },
        dump: async () => {
          const texts = ["threads", "events", "snapshots", "leases"].map(async (table) => {
            const { rows } = await pool.query(`SELECT * FROM "${schema}"."${table}"`);
            return JSON.stringify(rows);
          });
          return (await Promise.all(texts)).join("\n");
        },
        dispose: async () => {
          await pool.query(`DROP SCHEMA IF EXISTS "${schema}" CASCADE`);
        },
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
