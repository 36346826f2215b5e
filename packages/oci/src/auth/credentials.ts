/** The seam every way to authenticate plugs into, and the cache all of them share: fresh, and loaded once. */
import type { KeyObject } from "node:crypto";
import { statSync } from "node:fs";
import type { OciAuthType } from "../config/options.ts";
import type { Region } from "../config/regions.ts";
import type { ServiceClock } from "../http/clock.ts";
import type { Secret } from "../secret.ts";

/** A key that signs each request. */
export interface SigningIdentity {
  readonly kind: "signature";
  readonly keyId: Secret;
  readonly privateKey: KeyObject;
  /** Headers that are sent and signed besides the usual ones (`opc-obo-token`). */
  readonly signedHeaders?: Readonly<Record<string, Secret>>;
}

/** Who is calling: a key that signs, or a bearer token. */
export type Identity = SigningIdentity | { readonly kind: "bearer"; readonly token: Secret };

/** A way to authenticate. Both methods may be called by any number of requests at once. */
export interface Credentials {
  readonly authType: OciAuthType;
  /** The identity to use at `nowMs`, loaded again first if its source changed or it is about to expire. */
  current(nowMs: number): Promise<Identity>;
  /** A new identity after the service refused `rejected`; whoever comes second gets what the first one loaded. */
  renew(rejected: Identity, nowMs: number): Promise<Identity>;
  /** The region these credentials are at home in, where they can tell. */
  readonly region?: () => Promise<Region>;
}

/** An identity as loaded, and when to load it again. */
interface Loaded {
  readonly identity: Identity;
  /** Files it was made of, as they were before they were read. */
  readonly files?: readonly FileStamp[];
  /** When it stops being valid, ms since 1970. */
  readonly expiresAtMs?: number | undefined;
  /** So long before its end it is loaded again; default a minute. */
  readonly renewalMarginMs?: number | undefined;
}

/** Loads an identity; throws where there is none, or where it is no longer valid at `nowMs`. */
export type LoadIdentity = (nowMs: number) => Promise<Loaded>;

/** So much before its end an identity is loaded again with every request, in case its file was renewed. */
const RENEWAL_MARGIN_MS = 60_000;
/** An identity with less time left than this would expire on its way. */
export const FLIGHT_MARGIN_MS: number = 5_000;
/** After a renewal ahead of time has failed, what is still valid is used for so long before the next one. */
const RENEWAL_PAUSE_MS = 10_000;

/**
 * Whether what expires at `expiresAtMs` is of no use any more. While only this machine's clock says so, it may be that
 * clock that is wrong: the service is asked, and its answer corrects the clock.
 */
export function hasExpired(
  expiresAtMs: number | undefined,
  nowMs: number,
  clock: Pick<ServiceClock, "told">,
): expiresAtMs is number {
  return clock.told && expiresAtMs !== undefined && expiresAtMs - FLIGHT_MARGIN_MS <= nowMs;
}

/** A file as it was at one moment. */
export interface FileStamp {
  readonly path: string;
  readonly state: string;
}

/**
 * Notes what a file looks like now, to tell later whether it changed. Asked with every request, and a call into the
 * kernel is a hundred times cheaper than one through the thread pool.
 */
export function stampFile(path: string): FileStamp {
  try {
    const { mtimeMs, size, ino } = statSync(path);
    return { path, state: `${mtimeMs}:${size}:${ino}` };
  } catch {
    return { path, state: "absent" };
  }
}

function changed(files: readonly FileStamp[]): boolean {
  return files.some(({ path, state }) => stampFile(path).state !== state);
}

/** Credentials that remember what `load` gave, load again when it is stale or refused, and never twice at a time. */
export function cachedCredentials(authType: OciAuthType, load: LoadIdentity): Credentials {
  let loaded: Loaded | undefined;
  let loading: Promise<Loaded> | undefined;
  let refused: Identity | undefined;
  let renewAgainAtMs = Number.NEGATIVE_INFINITY;

  const reload = (nowMs: number): Promise<Loaded> => {
    loading ??= load(nowMs)
      .then((next) => {
        loaded = next;
        return next;
      })
      .finally(() => {
        loading = undefined;
      });
    return loading;
  };

  return {
    authType,
    async current(nowMs) {
      const seen = loaded;
      if (seen === undefined) return (await reload(nowMs)).identity;
      const leftMs = (seen.expiresAtMs ?? Number.POSITIVE_INFINITY) - nowMs;
      const early = leftMs <= (seen.renewalMarginMs ?? RENEWAL_MARGIN_MS) && nowMs >= renewAgainAtMs;
      const must = leftMs <= FLIGHT_MARGIN_MS || refused === seen.identity || changed(seen.files ?? []);
      if (!must && !early && loading === undefined) return seen.identity;
      try {
        return (await reload(nowMs)).identity;
      } catch (error) {
        // A renewal ahead of time that fails is no reason to fail with a token that is good still.
        if (must) throw error;
        renewAgainAtMs = nowMs + RENEWAL_PAUSE_MS;
        return seen.identity;
      }
    },
    async renew(rejected, nowMs) {
      if (loading === undefined && loaded !== undefined && loaded.identity !== rejected)
        return loaded.identity;
      refused = rejected;
      return (await reload(nowMs)).identity;
    },
  };
}
