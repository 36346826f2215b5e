/** What the checkpointer suite is given of a store, and which of its parts that makes possible. */
import type { EncryptionOptions } from "../checkpoint/encryption.ts";
import type { Checkpointer } from "../checkpoint/types.ts";
import type { DurableEvent } from "../events/types.ts";

/** One store, empty, for one test. Members with a question mark are for what not every store can do. */
export interface CheckpointerFixture {
  /** Where it keeps snapshots, let `snapshotEvery` be small, 10 say: the suite fills it several times. */
  readonly checkpointer: Checkpointer;
  /**
   * Another checkpointer over the same storage, as another process would open it, beside the first. Leave it out
   * where nothing outlives the instance.
   */
  readonly reopen?: () => Checkpointer | Promise<Checkpointer>;
  /** Writes a thread as if by a Locus of that schema version. Leave it out where the test cannot reach storage. */
  readonly plant?: (
    threadId: string,
    schemaVersion: number,
    events: readonly DurableEvent[],
  ) => void | Promise<void>;
  /** A checkpointer over the same storage whose leases last so many milliseconds: the suite waits until they are over. */
  readonly leaseStore?: (leaseMs: number) => Checkpointer | Promise<Checkpointer>;
  /** A checkpointer over the same storage whose threads live so many milliseconds after their last event. */
  readonly withTtl?: (ttlMs: number) => Checkpointer | Promise<Checkpointer>;
  /** A checkpointer over the same storage that encrypts. `checkpointer` is taken not to. */
  readonly withEncryption?: (encryption: EncryptionOptions) => Checkpointer | Promise<Checkpointer>;
  /** All that is stored, as text: names, keys and values. It shows what somebody with access to the storage can read. */
  readonly dump?: () => string | Promise<string>;
  /** Clears away what the fixture made. Checkpointers are closed before. */
  readonly dispose?: () => void | Promise<void>;
}

/** What not every store can do, after the member of the store or of its fixture that does it. */
export type CheckpointerFeature =
  | "acquire"
  | "close"
  | "dump"
  | "leaseStore"
  | "plant"
  | "reopen"
  | "snapshotEvery"
  | "vacuum"
  | "withEncryption"
  | "withTtl";

export interface DescribeCheckpointerOptions {
  /** Per test, in milliseconds. Default 30,000, for stores across a network. */
  readonly timeoutMs?: number;
  /**
   * What the store and its fixture can do beyond what every store must. The tests of everything else are not declared, and
   * one test fails where this is not the truth. Default: nothing.
   */
  readonly offers?: readonly CheckpointerFeature[];
}

/** Every feature, and what goes untested without it. */
export const FEATURES: Readonly<Record<CheckpointerFeature, string>> = {
  acquire: "leases",
  close: "what follows a close",
  dump: "that nothing encrypted can be read in the storage",
  leaseStore: "leases that run out",
  plant: "threads of a newer schema version",
  reopen: "other processes",
  snapshotEvery: "snapshots",
  vacuum: "clearing up",
  withEncryption: "encryption",
  withTtl: "a time to live",
};

/** The features that a fixture has. */
export function featuresOf(fixture: CheckpointerFixture): readonly CheckpointerFeature[] {
  const { checkpointer } = fixture;
  return namesOfFeatures().filter(
    (feature) =>
      Reflect.get(checkpointer, feature) !== undefined || Reflect.get(fixture, feature) !== undefined,
  );
}

export function namesOfFeatures(): readonly CheckpointerFeature[] {
  return Object.keys(FEATURES).filter((name): name is CheckpointerFeature => name in FEATURES);
}

/** The store of the test that runs. */
export interface SuiteStore {
  readonly store: () => Checkpointer;
  readonly fixture: () => CheckpointerFixture;
  /** One over the same storage, as of another process where there is such a thing; the same instance where not. */
  readonly another: () => Promise<Checkpointer>;
  /** Has a store that the test opened closed after it. */
  readonly opened: (store: Checkpointer | Promise<Checkpointer>) => Promise<Checkpointer>;
  readonly offers: ReadonlySet<CheckpointerFeature>;
}

/** A part of the fixture that the declared features say is there. */
export function given<T>(part: T | undefined): T {
  if (part === undefined) throw new Error("the fixture does not have what `offers` says it has");
  return part;
}
