/** Long work without a model, in turns: whatever else the process has to do gets its own. */

/** Milliseconds at a stretch. */
const STRETCH_MS = 12;

/** Called between pieces of work: lets others in after a while, and rejects with the signal's reason. */
export type Breathe = () => Promise<void> | undefined;

export function breather(signal: AbortSignal | undefined): Breathe {
  let since = performance.now();
  return () => {
    if (performance.now() - since < STRETCH_MS) return undefined;
    return new Promise((resolve) => void setImmediate(resolve)).then(() => {
      since = performance.now();
      signal?.throwIfAborted();
    });
  };
}
