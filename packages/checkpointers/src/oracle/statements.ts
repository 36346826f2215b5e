/** Every statement that is sent, whole: values are bound, and nothing but the tables' prefix is ever put into the text. */

/** Milliseconds until a lease is over. `EXTRACT` alone gives parts of an interval smaller than seconds. */
export const LEFT_MS: string = ["DAY * 86400000", "HOUR * 3600000", "MINUTE * 60000", "SECOND * 1000"]
  .map((part) => {
    const [unit = "", factor = ""] = part.split(" * ");
    return `EXTRACT(${unit} FROM (expires_at - SYS_EXTRACT_UTC(SYSTIMESTAMP))) * ${factor}`;
  })
  .join(" + ");
const EXPIRES_AT = "SYS_EXTRACT_UTC(SYSTIMESTAMP) + NUMTODSINTERVAL(:lease_ms / 1000, 'SECOND')";

export type StatementName =
  | "layout"
  | "characterSet"
  | "insertLayout"
  | "createLayout"
  | "createThreads"
  | "createThreadsOrder"
  | "createBatches"
  | "createSnapshots"
  | "createLeases"
  | "createFences"
  | "thread"
  | "lockThread"
  | "insertThread"
  | "updateThread"
  | "updateFacts"
  | "deleteThread"
  | "deleteExpired"
  | "threadsAsc"
  | "threadsDesc"
  | "insertBatch"
  | "batches"
  | "updateBatch"
  | "insertSnapshot"
  | "snapshotLinks"
  | "snapshot"
  | "updateSnapshot"
  | "deleteSnapshot"
  | "lockLease"
  | "nextFence"
  | "insertLease"
  | "giveLease"
  | "renewLease"
  | "releaseLease"
  | "deleteOldLeases";
export type Statements = Readonly<Record<StatementName, string>>;

const THREAD =
  "id, id_head, digest, life, version, schema_version, created_at, updated_at, touched_at, facts";
const IN_RANGE = "id_head >= :first_head AND id_head <= :last_head";

/** `p` is a checked prefix. Ids and their hashes are bytes, so that no character set or sort order of the database matters. */
export function statements(p: string): Statements {
  return {
    layout: `SELECT version FROM ${p}layout`,
    characterSet: "SELECT value FROM nls_database_parameters WHERE parameter = 'NLS_CHARACTERSET'",
    createLayout: `CREATE TABLE ${p}layout (id NUMBER(1) PRIMARY KEY, version NUMBER(9) NOT NULL)`,
    createThreads: `CREATE TABLE ${p}threads (
      digest RAW(32) PRIMARY KEY, life RAW(16) NOT NULL UNIQUE, id_head RAW(1000) NOT NULL, id BLOB NOT NULL,
      version NUMBER(16) NOT NULL, schema_version NUMBER(9) NOT NULL, created_at VARCHAR2(64) NOT NULL,
      updated_at VARCHAR2(64) NOT NULL, touched_at NUMBER(16) NOT NULL, facts CLOB NOT NULL)`,
    createThreadsOrder: `CREATE INDEX ${p}threads_order ON ${p}threads (id_head, digest)`,
    createBatches: `CREATE TABLE ${p}batches (
      life RAW(16) NOT NULL REFERENCES ${p}threads (life) ON DELETE CASCADE, last_sequence NUMBER(16) NOT NULL,
      first_sequence NUMBER(16) NOT NULL, schema_version NUMBER(9) NOT NULL, payload CLOB NOT NULL,
      PRIMARY KEY (life, last_sequence))`,
    createSnapshots: `CREATE TABLE ${p}snapshots (
      life RAW(16) NOT NULL REFERENCES ${p}threads (life) ON DELETE CASCADE, version NUMBER(16) NOT NULL,
      base NUMBER(16), schema_version NUMBER(9) NOT NULL, payload CLOB NOT NULL, PRIMARY KEY (life, version))`,
    createLeases: `CREATE TABLE ${p}leases (
      digest RAW(32) PRIMARY KEY, fence NUMBER(16) NOT NULL, lease_ms NUMBER(16) NOT NULL,
      expires_at TIMESTAMP(6) NOT NULL, is_released NUMBER(1) NOT NULL)`,
    createFences: `CREATE SEQUENCE ${p}fences NOCACHE ORDER`,
    insertLayout: `INSERT INTO ${p}layout (id, version) VALUES (1, :version)`,

    thread: `SELECT ${THREAD} FROM ${p}threads WHERE digest = :digest`,
    lockThread: `SELECT ${THREAD} FROM ${p}threads WHERE digest = :digest FOR UPDATE`,
    insertThread: `INSERT INTO ${p}threads (${THREAD})
      VALUES (:id, :id_head, :digest, :life, :version, :schema_version, :created_at, :updated_at, :touched_at, :facts)`,
    updateThread: `UPDATE ${p}threads
      SET version = :version, schema_version = :schema_version, updated_at = :updated_at, touched_at = :touched_at
      WHERE life = :life AND version = :expected_version`,
    updateFacts: `UPDATE ${p}threads SET facts = :facts WHERE life = :life`,
    deleteThread: `DELETE FROM ${p}threads WHERE life = :life`,
    deleteExpired: `DELETE FROM ${p}threads WHERE life = :life AND touched_at < :oldest`,
    threadsAsc: `SELECT ${THREAD} FROM ${p}threads WHERE ${IN_RANGE}
      AND (id_head > :after_head OR (id_head = :after_head AND digest > :after_digest))
      ORDER BY id_head, digest FETCH FIRST :page ROWS ONLY`,
    threadsDesc: `SELECT ${THREAD} FROM ${p}threads WHERE ${IN_RANGE}
      AND (id_head < :after_head OR (id_head = :after_head AND digest < :after_digest))
      ORDER BY id_head DESC, digest DESC FETCH FIRST :page ROWS ONLY`,

    insertBatch: `INSERT INTO ${p}batches (life, last_sequence, first_sequence, schema_version, payload)
      VALUES (:life, :last_sequence, :first_sequence, :schema_version, :payload)`,
    batches: `SELECT last_sequence, first_sequence, schema_version, payload FROM ${p}batches
      WHERE life = :life AND last_sequence > :after ORDER BY last_sequence FETCH FIRST :page ROWS ONLY`,
    updateBatch: `UPDATE ${p}batches SET payload = :payload WHERE life = :life AND last_sequence = :last_sequence`,

    insertSnapshot: `INSERT INTO ${p}snapshots (life, version, base, schema_version, payload)
      VALUES (:life, :version, :base, :schema_version, :payload)`,
    snapshotLinks: `SELECT version, base FROM ${p}snapshots
      WHERE life = :life AND version <= :up_to AND schema_version = :schema_version ORDER BY version`,
    snapshot: `SELECT payload FROM ${p}snapshots WHERE life = :life AND version = :version`,
    updateSnapshot: `UPDATE ${p}snapshots SET payload = :payload WHERE life = :life AND version = :version`,
    deleteSnapshot: `DELETE FROM ${p}snapshots WHERE life = :life AND version = :version`,

    lockLease: `SELECT fence, lease_ms, is_released, ${LEFT_MS} AS left_ms FROM ${p}leases
      WHERE digest = :digest FOR UPDATE`,
    nextFence: `SELECT ${p}fences.NEXTVAL AS fence FROM dual`,
    insertLease: `INSERT INTO ${p}leases (digest, fence, lease_ms, expires_at, is_released)
      VALUES (:digest, :fence, :lease_ms, ${EXPIRES_AT}, 0)`,
    giveLease: `UPDATE ${p}leases SET fence = :fence, lease_ms = :lease_ms, expires_at = ${EXPIRES_AT}, is_released = 0
      WHERE digest = :digest`,
    renewLease: `UPDATE ${p}leases SET expires_at = ${EXPIRES_AT}
      WHERE digest = :digest AND fence = :fence AND is_released = 0`,
    releaseLease: `UPDATE ${p}leases SET is_released = 1 WHERE digest = :digest AND fence = :fence`,
    deleteOldLeases: `DELETE FROM ${p}leases WHERE expires_at < SYS_EXTRACT_UTC(SYSTIMESTAMP) - NUMTODSINTERVAL(1, 'DAY')
      AND NOT EXISTS (SELECT 1 FROM ${p}threads t WHERE t.digest = ${p}leases.digest)`,
  };
}

/** In the order in which the tables are made. */
export const CREATION: readonly StatementName[] = [
  "createLayout",
  "createThreads",
  "createThreadsOrder",
  "createBatches",
  "createSnapshots",
  "createLeases",
  "createFences",
];
