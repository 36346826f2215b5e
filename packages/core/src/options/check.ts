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
