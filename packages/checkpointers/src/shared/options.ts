/** The options that every store here takes, checked. */
import { ConfigurationError } from "@locus-sdk/core";
import { type EncryptionOptions, type PayloadCodec, payloadCodec } from "@locus-sdk/core/checkpoint";

export interface StoreOptions {
  /** Events between two snapshots of a thread; a whole number from 1. Default 100. */
  readonly snapshotEvery?: number;
  /** Milliseconds that a lease lasts unless it is renewed. Default 10,000. */
  readonly leaseMs?: number;
  /** Milliseconds after its last event that a thread is taken for gone; `vacuum` removes it. Default: never. */
  readonly ttlMs?: number;
  /** Encrypts events, snapshots, agent names and metadata at rest; thread ids, times and counts stay readable. */
  readonly encryption?: EncryptionOptions;
}

/** The names of these options, for `checkKeys`. */
export const STORE_OPTION_NAMES = ["snapshotEvery", "leaseMs", "ttlMs", "encryption"] as const;

export interface StoreSettings {
  readonly snapshotEvery: number;
  readonly leaseMs: number;
  readonly ttlMs: number | undefined;
  readonly codec: PayloadCodec;
}

/** What a timer can hold: 24.8 days. */
export const LONGEST_TIMER_MS: number = 2 ** 31 - 1;

/** @throws ConfigurationError for a number out of its range, or keys that are none. */
export function readStoreOptions(owner: string, options: StoreOptions): StoreSettings {
  const { snapshotEvery = 100, leaseMs = 10_000, ttlMs, encryption } = options;
  requireWhole(`${owner}: snapshotEvery`, snapshotEvery, 1);
  requireWhole(`${owner}: leaseMs`, leaseMs, 1, LONGEST_TIMER_MS);
  if (ttlMs !== undefined) requireWhole(`${owner}: ttlMs`, ttlMs, 1);
  return { snapshotEvery, leaseMs, ttlMs, codec: payloadCodec(encryption) };
}

/** @throws ConfigurationError unless `value` is a whole number in the range. */
export function requireWhole(
  name: string,
  value: number,
  least: number,
  most: number = Number.MAX_SAFE_INTEGER,
): void {
  if (Number.isSafeInteger(value) && value >= least && value <= most) return;
  const range = most === Number.MAX_SAFE_INTEGER ? `from ${least}` : `from ${least} to ${most}`;
  throw new ConfigurationError(`${name} must be a whole number ${range}, not ${value}`);
}

/** Whether a thread that was last written at `touchedAt` has outlived its time. */
export function isExpired(touchedAt: number, ttlMs: number | undefined, now: number = Date.now()): boolean {
  return ttlMs !== undefined && touchedAt < now - ttlMs;
}

/** When a thread was last written, in ms since 1970, by the timestamp of its last event. */
export function touchedAtOf(timestamp: string): number {
  const at = Date.parse(timestamp);
  return Number.isNaN(at) ? Date.now() : at;
}
