/**
 * Slows everybody down together once the service says that it is too much, and lets them speed up again: a pause, then
 * requests at intervals that double with each further 429 and shrink with each success (additive increase,
 * multiplicative decrease of the rate, as TCP does it). Before the first 429 there is nothing to wait for.
 */

const FIRST_INTERVAL_MS = 100;
const LONGEST_INTERVAL_MS = 10_000;
/** At this distance there is nothing left to limit. */
const NO_INTERVAL_MS = 20;
/** A pause that the service does not give is so many intervals long. */
const PAUSE_INTERVALS = 5;
const LONGEST_PAUSE_MS = 60_000;
/** By so many requests a second each success speeds up. */
const FASTER_BY = 0.25;
/** What has been quiet for so long is forgotten. */
const IDLE_MS = 120_000;

interface Waiter {
  readonly go: () => void;
}

/** What is known of one key: nobody has one before its first 429. */
interface Lane {
  intervalMs: number;
  /** Nobody goes before. */
  resumeAt: number;
  lastAt: number;
  /** When it was last slowed down: answers to requests from before say nothing new. */
  slowedAt: number;
  usedAt: number;
  readonly waiting: Waiter[];
  timer: NodeJS.Timeout | undefined;
}

export interface Limiter {
  /** Whether anything is being limited at all: where not, no key is needed. */
  readonly active: boolean;
  /** Resolves when a request of this key may be sent; rejects with the signal's reason when it aborts. */
  enter(key: string, signal: AbortSignal | undefined): Promise<void>;
  /** Learns from the status of a request that was sent at `sentAt` (`performance.now()`). */
  learn(key: string, sentAt: number, status: number, retryAfterMs?: number): void;
}

/** A limiter of its own; the program's requests share `sharedLimiter`. */
export function createLimiter(): Limiter {
  const lanes = new Map<string, Lane>();

  const forgetIdle = (now: number): void => {
    for (const [key, lane] of lanes) {
      if (lane.waiting.length === 0 && now - Math.max(lane.usedAt, lane.resumeAt) > IDLE_MS)
        lanes.delete(key);
    }
  };

  /** Lets go whoever may, and comes back for the next one. */
  const pump = (lane: Lane): void => {
    clearTimeout(lane.timer);
    lane.timer = undefined;
    while (lane.waiting.length > 0) {
      const now = performance.now();
      const dueAt = Math.max(lane.resumeAt, lane.lastAt + lane.intervalMs);
      if (dueAt > now) {
        lane.timer = setTimeout(pump, Math.ceil(dueAt - now), lane);
        return;
      }
      lane.lastAt = now;
      lane.waiting.shift()?.go();
    }
  };

  const slowDown = (key: string, sentAt: number, retryAfterMs: number | undefined): void => {
    const now = performance.now();
    const lane = lanes.get(key) ?? {
      intervalMs: FIRST_INTERVAL_MS / 2,
      resumeAt: 0,
      lastAt: 0,
      slowedAt: Number.NEGATIVE_INFINITY,
      usedAt: now,
      waiting: [],
      timer: undefined,
    };
    lanes.set(key, lane);
    const isNew = sentAt > lane.slowedAt;
    if (isNew) {
      lane.intervalMs = Math.min(LONGEST_INTERVAL_MS, lane.intervalMs * 2);
      lane.slowedAt = now;
    }
    const pauseMs = retryAfterMs ?? (isNew ? lane.intervalMs * PAUSE_INTERVALS : 0);
    lane.resumeAt = Math.max(lane.resumeAt, now + Math.min(LONGEST_PAUSE_MS, pauseMs));
    lane.usedAt = now;
    pump(lane);
  };

  const speedUp = (key: string, sentAt: number): void => {
    const lane = lanes.get(key);
    if (lane === undefined || sentAt <= lane.slowedAt) return;
    lane.usedAt = performance.now();
    lane.intervalMs = 1000 / (1000 / lane.intervalMs + FASTER_BY);
    if (lane.intervalMs < NO_INTERVAL_MS) {
      lane.intervalMs = 0;
      lanes.delete(key);
    }
    pump(lane);
  };

  return {
    get active() {
      return lanes.size > 0;
    },
    enter(key, signal) {
      forgetIdle(performance.now());
      const lane = lanes.get(key);
      if (lane === undefined) return Promise.resolve();
      if (signal?.aborted === true) return Promise.reject(signal.reason);
      return new Promise((resolve, reject) => {
        const waiter: Waiter = {
          go: () => {
            signal?.removeEventListener("abort", leave);
            resolve();
          },
        };
        const leave = (): void => {
          lane.waiting.splice(lane.waiting.indexOf(waiter), 1);
          pump(lane);
          reject(signal?.reason);
        };
        signal?.addEventListener("abort", leave, { once: true });
        lane.usedAt = performance.now();
        lane.waiting.push(waiter);
        pump(lane);
      });
    },
    learn(key, sentAt, status, retryAfterMs) {
      if (status === 429) slowDown(key, sentAt, retryAfterMs);
      else if (status >= 200 && status < 300) speedUp(key, sentAt);
    },
  };
}

/** The one that all requests of this process go through. */
export const sharedLimiter: Limiter = createLimiter();
