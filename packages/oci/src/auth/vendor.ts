/**
 * `oci-common`, loaded by the first auth type that needs it.
 *
 * It reads the process's environment, and prints with `console.log` when its exchange with the identity service fails.
 * Neither is let happen: it is lent an environment for the length of one synchronous call, and the exchange is made by
 * us, behind a seam of its own builder. So nothing global is patched for as long as anyone else could see it.
 */
import { ConnectionError } from "@locus-sdk/core";

type Common = typeof import("oci-common");

let loaded: Promise<Common> | undefined;

/** One import, which everybody shares. */
export function vendor(): Promise<Common> {
  loaded ??= import("oci-common");
  return loaded;
}

/** Runs `build`, which must be synchronous, with these environment variables: nobody else gets to see them. */
export function withEnvironment<T>(values: Readonly<Record<string, string>>, build: () => T): T {
  const before = Object.keys(values).map((name) => [name, process.env[name]] as const);
  Object.assign(process.env, values);
  try {
    return build();
  } finally {
    for (const [name, value] of before) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
  }
}

/** What the vendor's providers promise, in time: they have no limits of their own. */
export async function inTime<T>(promise: Promise<T>, limitMs: number, what: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(
        new ConnectionError(`${what} did not answer within ${limitMs} ms`, { code: "principal_timeout" }),
      );
    }, limitMs);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
