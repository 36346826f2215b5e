/** Options that recording and replaying have in common, and the file they are about. */
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { ConfigurationError } from "../../errors/errors.ts";
import type { ScrubFunction } from "./types.ts";

/** What is taken out of a cassette besides secrets. */
export interface CassetteOptions {
  /**
   * Given every string of requests and answers, after `redactSecrets`: what it returns is written and compared. Of text
   * that is JSON it is given the strings within. It must leave alone what it has put in.
   */
  readonly scrub?: ScrubFunction;
}

export function pathOf(file: string | URL): string {
  if (file instanceof URL && file.protocol === "file:") return fileURLToPath(file);
  if (typeof file !== "string" || file === "") {
    throw new ConfigurationError("a cassette is named by the path or the file: URL of its file");
  }
  return resolve(file);
}
