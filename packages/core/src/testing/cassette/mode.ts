/** Whether a test's calls are recorded or replayed: what the test says, then the environment, and in CI never recorded. */
import { existsSync } from "node:fs";
import { ConfigurationError } from "../../errors/errors.ts";
import { didYouMean } from "../../text/nearest.ts";

/**
 * `replay` answers from the cassette and needs no model; `record` asks the model and replaces the cassette; `auto` records
 * where there is no cassette.
 */
export type CassetteMode = "record" | "replay" | "auto";

export const CASSETTE_MODES: readonly CassetteMode[] = ["record", "replay", "auto"];

/** @throws ConfigurationError for a value of `LOCUS_CASSETTES` that is no mode, and where CI is to record. */
export function decideMode(
  file: string,
  given: CassetteMode | undefined,
  env: NodeJS.ProcessEnv = process.env,
): "record" | "replay" {
  const mode = given ?? readMode(env.LOCUS_CASSETTES ?? "");
  const isCI = !["", "0", "false"].includes((env.CI ?? "").toLowerCase());
  if (mode === "auto") return isCI || existsSync(file) ? "replay" : "record";
  if (mode === "record" && isCI) {
    throw new ConfigurationError(
      "cassettes are not recorded in CI: what is replayed there was read and committed",
      {
        hint: "Record where you work, with LOCUS_CASSETTES=record. CI is taken to be where CI is set.",
      },
    );
  }
  return mode;
}

function readMode(value: string): CassetteMode {
  if (value === "") return "replay";
  const mode = CASSETTE_MODES.find((known) => known === value);
  if (mode !== undefined) return mode;
  throw new ConfigurationError(
    `LOCUS_CASSETTES is "${value}"; expected ${CASSETTE_MODES.join(", ")}${didYouMean(value, CASSETTE_MODES)}`,
  );
}
