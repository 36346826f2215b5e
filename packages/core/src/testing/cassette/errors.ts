/** What can be wrong with a cassette, and with a call that is not in it. */
import { ConfigurationError, LocusError, type LocusErrorOptions } from "../../errors/errors.ts";
import type { Difference } from "./diff.ts";

/**
 * A cassette that is not there, is damaged, has another format, or would have had holes (`cassette_missing`,
 * `cassette_damaged`, `cassette_version`, `cassette_incomplete`).
 */
export class CassetteError extends ConfigurationError {}

/** Where a call and its cassette part. */
export interface ReplayMismatch {
  readonly file: string;
  /** Line of the recorded call that is nearest to the one that was made. */
  readonly line?: number | undefined;
  /** How they differ, all of it. */
  readonly differences?: readonly Difference[] | undefined;
}

/** A call was made that the cassette does not hold, or one that it holds was not made. */
export class ReplayMismatchError extends LocusError {
  readonly file: string;
  readonly line: number | undefined;
  readonly differences: readonly Difference[];

  constructor(
    message: string,
    { file, line, differences = [] }: ReplayMismatch,
    options: LocusErrorOptions = {},
  ) {
    super(message, { ...options, code: options.code ?? "replay_mismatch" });
    this.file = file;
    this.line = line;
    this.differences = differences;
  }
}
