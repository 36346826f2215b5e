/** What a cassette holds: a header, and one recorded call a line. */
import type { JsonObject } from "../../json/json.ts";
import type {
  ModelCapabilities,
  ModelResponse,
  ModelStreamPart,
  ProviderState,
  RetryNotice,
} from "../../model/types.ts";

/** The format that this version writes. One that is changed so that older readers would misread it gets the next number. */
export const CASSETTE_VERSION = 1;

/** The first line: whose calls these are. A replayed model is called so, and can do as much. */
export interface CassetteHeader {
  readonly format: "locus-cassette";
  readonly version: number;
  readonly provider: string;
  readonly modelId: string;
  readonly capabilities: ModelCapabilities;
  /** ISO 8601. */
  readonly recordedAt: string;
}

/** An error as it is recorded. */
export interface RecordedError {
  /** The class of `@locus-sdk/core` that it is, or extends; absent where it was no `LocusError`. */
  readonly class?: string;
  readonly name: string;
  readonly message: string;
  readonly code?: string;
  readonly status?: number;
  readonly retryable?: boolean;
  readonly retryAfterMs?: number;
  readonly hint?: string;
  readonly requestId?: string;
}

/** What came of a call: the parts of a stream, as far as it went, or a whole response, or an error. */
export interface RecordedOutcome {
  /** Tries that failed before, as the model told of them. */
  readonly retries?: readonly RetryNotice[];
  readonly parts?: readonly ModelStreamPart[];
  readonly response?: ModelResponse;
  readonly error?: RecordedError;
}

/** One call of a cassette. */
export interface RecordedCall extends RecordedOutcome {
  /** Its line in the file, from 1. */
  readonly line: number;
  /** The request as it is compared: plain JSON, without secrets, with digests in the place of images and files. */
  readonly request: JsonObject;
}

/** A cassette as it was read. */
export interface Cassette {
  readonly header: CassetteHeader;
  readonly calls: readonly RecordedCall[];
  /** Server states that were sent along, which is what the recorded model took. */
  readonly taken: readonly Pick<ProviderState, "provider" | "modelId">[];
}

/** A line's text changed before it is written or compared: given a string, what may be in the cassette instead. */
export type ScrubFunction = (text: string) => string;
