/** Brings a model to the server, and tells how far that is. */
import { asLocusError, IncompleteStreamError, type ModelRequest, retryingCall } from "@locus-sdk/core";
import { cancelled } from "./errors.ts";
import { Exchange } from "./exchange.ts";
import { LineSplitter } from "./ndjson.ts";
import type { Connection } from "./options.ts";
import { type PullProgress, progressIn } from "./progress.ts";

/** Who waits for the model. */
export interface PullOptions {
  readonly signal?: AbortSignal | undefined;
  readonly onRetry?: ModelRequest["onRetry"];
  readonly onProgress?: ((progress: PullProgress) => void) | undefined;
}

/** A pull that is under way, and who waits for it. */
interface SharedPull {
  readonly waiting: Map<PullOptions, (error: unknown) => void>;
  readonly abort: AbortController;
  readonly done: Promise<void>;
}

/** By server and model: who wants what is being pulled waits for that, and is told of it too. */
const underWay = new Map<string, SharedPull>();

const keyOf = ({ url, modelId, headers }: Connection): string => JSON.stringify([url, modelId, headers]);

/** Whether the model is being pulled by another call. */
export const isPulling = (connection: Connection): boolean => underWay.has(keyOf(connection));

/**
 * Pulls the model, until the server says that it has all of it. What has come stays with the server: a pull that broke
 * off goes on where it was. Calls at the same time share one pull, which ends early once none of them waits any longer.
 *
 * @throws the typed error of what the server, or the registry behind it, says.
 */
export async function pullModel(connection: Connection, options: PullOptions = {}): Promise<void> {
  const { signal } = options;
  if (signal?.aborted === true) throw cancelled(signal);
  const key = keyOf(connection);
  const shared = underWay.get(key) ?? startPull(connection, key);
  let onAbort: (() => void) | undefined;
  const own = new Promise<never>((_, reject) => {
    shared.waiting.set(options, reject);
    onAbort = () => {
      if (signal !== undefined) reject(cancelled(signal));
    };
    signal?.addEventListener("abort", onAbort, { once: true });
  });
  try {
    await Promise.race([shared.done, own]);
  } finally {
    if (onAbort !== undefined) signal?.removeEventListener("abort", onAbort);
    shared.waiting.delete(options);
    if (shared.waiting.size === 0) {
      if (underWay.get(key) === shared) underWay.delete(key);
      shared.abort.abort();
    }
  }
}

function startPull(connection: Connection, key: string): SharedPull {
  const waiting: SharedPull["waiting"] = new Map();
  const abort = new AbortController();
  const done = pullAlone(connection, {
    signal: abort.signal,
    onRetry: (notice) => {
      for (const { onRetry } of waiting.keys()) onRetry?.(notice);
    },
    onProgress: (progress) => tellAll(progress, waiting),
  }).finally(() => underWay.delete(key));
  // Whoever waits hears of a failure; where nobody does any longer, nobody is to.
  done.catch(() => undefined);
  const shared = { waiting, abort, done };
  underWay.set(key, shared);
  return shared;
}

/** A function is told once, however many wait with it; one that fails ends the wait of its own call. */
function tellAll(progress: PullProgress, waiting: SharedPull["waiting"]): void {
  const told = new Set<PullOptions["onProgress"]>();
  for (const [{ onProgress }, fail] of waiting) {
    if (told.has(onProgress)) continue;
    told.add(onProgress);
    try {
      tell(progress, onProgress);
    } catch (error) {
      fail(error);
    }
  }
}

async function pullAlone(connection: Connection, options: PullOptions): Promise<void> {
  const { signal, onRetry, onProgress } = options;
  const { modelId, maxRetries } = connection;
  const exchange = await retryingCall(
    async () => {
      const opening = new Exchange(connection, signal);
      await opening.open((client) => client.pull({ model: modelId, stream: true }));
      return opening;
    },
    { signal, maxRetries, onRetry },
  );
  try {
    const splitter = new LineSplitter();
    for (let piece = await exchange.read(); ; piece = await exchange.read()) {
      for (const line of piece === undefined ? splitter.end() : splitter.push(piece)) {
        const progress = progressIn(line, connection);
        onProgress?.(progress);
        if (progress.status === "success") return;
      }
      if (piece === undefined) break;
    }
  } finally {
    exchange.close();
  }
  throw new IncompleteStreamError(`pulling ollama model "${modelId}" broke off before it was complete`, {
    hint: "Try again: what has come is kept, and the rest is pulled.",
  });
}

function tell(progress: PullProgress, onProgress: PullOptions["onProgress"]): void {
  try {
    onProgress?.(progress);
  } catch (error) {
    throw asLocusError(error, "the function that is told of a pull failed");
  }
}
