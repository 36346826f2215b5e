/** Options objects: a key nobody knows is a slip, and is answered with the nearest known one. */
import { ConfigurationError } from "../errors/errors.ts";
import { didYouMean } from "../text/nearest.ts";

/** @throws ConfigurationError naming the first unknown key of `options` and the nearest known one. */
export function checkKeys(owner: string, options: object, known: readonly string[]): void {
  for (const key of Object.keys(options)) {
    if (known.includes(key)) continue;
    throw new ConfigurationError(`${owner}: unknown option "${key}"${didYouMean(key, known)}`, {
      hint: `Known options: ${known.join(", ")}.`,
    });
  }
}

/** What a timer can hold: 24.8 days. Beyond it Node's fires at once. */
const LONGEST_MS = 2 ** 31 - 1;

/** @throws ConfigurationError where `ms` is neither absent nor a number of milliseconds that a timer can hold. */
export function checkTime(name: string, ms: number | undefined): void {
  if (ms === undefined || (typeof ms === "number" && ms > 0 && ms <= LONGEST_MS)) return;
  throw new ConfigurationError(
    `${name} must be a number of milliseconds above 0 and up to ${LONGEST_MS} (24.8 days), not ${String(ms)}`,
  );
}
