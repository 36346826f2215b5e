/** The time as the service sees it. A machine whose clock is wrong would otherwise sign requests that are refused. */

/** OCI accepts a signature's date up to this far from its own time. */
const TOLERATED_SKEW_MS = 5 * 60_000;

export interface ServiceClock {
  /** Milliseconds since 1970, corrected by what the service's answers told. */
  now(): number;
  /** Learns from the `Date` header of an answer that refused a signature; whether that changed anything. */
  learn(date: string | null): boolean;
  /** Whether the service had occasion to tell the time: before that, nobody but it can say that a token has expired. */
  readonly told: boolean;
}

/** A clock that starts as this machine's own. */
export function serviceClock(localNow: () => number = Date.now): ServiceClock {
  let offsetMs = 0;
  let told = false;
  return {
    now: () => localNow() + offsetMs,
    get told() {
      return told;
    },
    learn(date) {
      // A refusal that does not tell the time has had its say all the same.
      told = true;
      const serverMs = Date.parse(date ?? "");
      if (Number.isNaN(serverMs)) return false;
      const skewMs = serverMs - localNow();
      const before = offsetMs;
      offsetMs = Math.abs(skewMs) > TOLERATED_SKEW_MS ? skewMs : 0;
      return offsetMs !== before;
    },
  };
}
