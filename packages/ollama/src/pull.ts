/** Brings a model to the server, and tells how far that is. */
import { asLocusError, IncompleteStreamError, type ModelRequest, retryingCall } from "@locus-sdk/core";
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

/**
 * Pulls the model, until the server says that it has all of it. What has come stays with the server: a pull that broke
 * off goes on where it was.
 *
 * @throws the typed error of what the server, or the registry behind it, says.
 */
export async function pullModel(connection: Connection, options: PullOptions = {}): Promise<void> {
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
        tell(progress, onProgress);
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
