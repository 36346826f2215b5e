// The secrets of API keys: shown once, kept as digests, looked up when one comes as a Bearer token.
import { createHash, randomBytes } from "node:crypto";
import type { ApiKey } from "../auth/trust.ts";
import type { EmulatorClock } from "../clock.ts";
import type { JsonObject } from "../json.ts";
import { active, type Resource, stateAt, usual } from "./lifecycle.ts";
import { isoOf } from "./work-requests.ts";

/** States that a client may put a key into. */
export const keyStates = ["ACTIVE", "INACTIVE", "REVOKED"] as const;
export type KeyState = (typeof keyStates)[number];

export interface KeySecret {
  readonly keyName: string;
  readonly keyMask: string;
  readonly digest: string;
  readonly createdMs: number;
  readonly expiresMs: number;
  readonly state: KeyState;
  /** When it came into each state last. */
  readonly since: Readonly<Partial<Record<KeyState, number>>>;
  readonly lastUsedMs: number | undefined;
}

/** What a client says about a key. */
export interface KeyDetails {
  readonly keyName: string;
  readonly timeExpiry?: string | undefined;
}

/** A key whose secret is shown: in the answer to the request that made it, and never again. */
export interface Shown {
  readonly keyName: string;
  readonly key: string;
}

const ninetyDaysMs = 90 * 24 * 3_600_000;

const digestOf = (secret: string): string => createHash("sha256").update(secret).digest("base64");

export class ApiKeySecrets {
  readonly #clock: EmulatorClock;
  readonly #resourceOf: (id: string) => Resource | undefined;
  readonly #keys = new Map<string, readonly KeySecret[]>();
  readonly #owners = new Map<string, string>();

  constructor(clock: EmulatorClock, resourceOf: (id: string) => Resource | undefined) {
    this.#clock = clock;
    this.#resourceOf = resourceOf;
  }

  /** Mints a secret under a name, in place of the one that had it. */
  mint(resourceId: string, { keyName, timeExpiry }: KeyDetails): Shown {
    const key = `sk-${randomBytes(32).toString("base64url")}`;
    const nowMs = this.#nowMs;
    const minted: KeySecret = {
      keyName,
      keyMask: `${key.slice(0, 5)}****${key.slice(-4)}`,
      digest: digestOf(key),
      createdMs: nowMs,
      expiresMs: timeExpiry === undefined ? nowMs + ninetyDaysMs : Date.parse(timeExpiry),
      state: "ACTIVE",
      since: { ACTIVE: nowMs },
      lastUsedMs: undefined,
    };
    const held = this.of(resourceId);
    const before = held.find((other) => other.keyName === keyName);
    if (before !== undefined) this.#owners.delete(before.digest);
    this.#owners.set(minted.digest, resourceId);
    this.#keys.set(
      resourceId,
      before === undefined ? [...held, minted] : held.map((other) => (other === before ? minted : other)),
    );
    return { keyName, key };
  }

  of(resourceId: string): readonly KeySecret[] {
    return this.#keys.get(resourceId) ?? [];
  }

  isExpired({ expiresMs }: KeySecret): boolean {
    return expiresMs <= this.#nowMs;
  }

  setState(resourceId: string, keyName: string, state: KeyState): void {
    this.#replace(resourceId, keyName, (key) => ({
      ...key,
      state,
      since: { ...key.since, [state]: this.#nowMs },
    }));
  }

  /** Nobody gets in with these any more; they can still be looked at. */
  revokeAll(resourceId: string): void {
    for (const { digest } of this.of(resourceId)) this.#owners.delete(digest);
  }

  forget(resourceId: string): void {
    this.revokeAll(resourceId);
    this.#keys.delete(resourceId);
  }

  /** The key behind a secret, as far as this control plane minted it. */
  lookUp(secret: string, region: string): ApiKey | undefined {
    const digest = digestOf(secret);
    const resource = this.#resourceOf(this.#owners.get(digest) ?? "");
    const key = this.of(resource?.id ?? "").find((held) => held.digest === digest);
    if (resource === undefined || key === undefined) return undefined;
    const state = stateAt(resource, usual, this.#nowMs);
    const works = key.state === "ACTIVE" && (state === active || state === "UPDATING");
    if (works && !this.isExpired(key)) {
      this.#replace(resource.id, key.keyName, (held) => ({ ...held, lastUsedMs: this.#nowMs }));
    }
    return {
      id: resource.id,
      name: key.keyName,
      secrets: [secret, secret],
      compartmentId: resource.compartmentId,
      region,
      expiresAt: isoOf(key.expiresMs),
      active: works,
      mintedBeforePolicy: false,
    };
  }

  /** Keys as the wire has them, with the secrets that may be shown. */
  bodiesOf(resource: Resource, shown: readonly Shown[]): readonly JsonObject[] {
    const at = (name: string, ms: number | undefined): JsonObject =>
      ms === undefined ? {} : { [name]: isoOf(ms) };
    return this.of(resource.id).map((key) => ({
      ...(shown.some(({ keyName }) => keyName === key.keyName)
        ? { key: shown.find(({ keyName }) => keyName === key.keyName)?.key }
        : {}),
      keyName: key.keyName,
      keyMask: key.keyMask,
      state: this.#stateOf(resource, key),
      timeCreated: isoOf(key.createdMs),
      timeExpiry: isoOf(key.expiresMs),
      ...at("timeActivated", key.since.ACTIVE),
      ...at("timeDeactivated", key.since.INACTIVE),
      ...at("timeRevoked", key.since.REVOKED),
      ...at("timeLastUsed", key.lastUsedMs),
    }));
  }

  clear(): void {
    this.#keys.clear();
    this.#owners.clear();
  }

  #stateOf(resource: Resource, key: KeySecret): string {
    if (resource.change.action === "delete") return "DELETED";
    return key.state !== "REVOKED" && this.isExpired(key) ? "EXPIRED" : key.state;
  }

  #replace(resourceId: string, keyName: string, change: (key: KeySecret) => KeySecret): void {
    this.#keys.set(
      resourceId,
      this.of(resourceId).map((key) => (key.keyName === keyName ? change(key) : key)),
    );
  }

  get #nowMs(): number {
    return this.#clock.now().getTime();
  }
}
