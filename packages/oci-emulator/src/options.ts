// The public face of a running emulator, and what it may be told at the start.
import type { AnswerSource } from "./answers/source.ts";
import type { ScriptedTurn } from "./answers/turn.ts";
import type { ApiKey, ApiKeyOptions, Trust } from "./auth/trust.ts";
import type { Violation } from "./auth/violations.ts";
import type { LogicalCall } from "./calls.ts";
import type { EmulatorClock } from "./clock.ts";
import type { TestConfig, TestConfigOptions } from "./config/write-test-config.ts";
import type { ControlOptions } from "./control/lifecycle.ts";
import type { RequestFault } from "./http/faults.ts";
import type { Principals } from "./identity/principals.ts";
import type { JournalEntry } from "./journal.ts";
import type { Strictness } from "./models/rules.ts";
import type { DedicatedEndpoint, ServerStateOptions } from "./settings.ts";
import type { Stored } from "./stored.ts";
import type { WireStyle } from "./stream/wire.ts";
import type { VectorStoreOptions } from "./vector-stores/store.ts";

/** Options of `startOciEmulator`; every one has a default. */
export interface OciEmulatorOptions {
  /** Port of the data plane; default 0, a free one. */
  readonly port?: number;
  /** Port of the control plane; default 0, a free one. */
  readonly controlPort?: number;
  /** Only `127.0.0.1`; anything else is refused. */
  readonly hostname?: string;
  /** Region this emulator stands for; default `us-chicago-1`. A `trust` brings its own. */
  readonly region?: string;
  /** Whom to trust: what `writeTestConfig()` returned. Default: nobody, until keys are made. */
  readonly trust?: Trust;
  /** Where answers come from; default `offline()`. */
  readonly answers?: AnswerSource;
  /** Ids of the models that exist, or `"any"`. Default: every id of a known vendor (`openai.*`, `meta.*`, …). */
  readonly models?: readonly string[] | "any";
  /** OCIDs of the projects that exist. Default: every OCID of the kind. */
  readonly projects?: readonly string[];
  /** Endpoints of dedicated AI clusters by OCID. Default: every OCID of the kind exists. */
  readonly endpoints?: Readonly<Record<string, DedicatedEndpoint>>;
  /** How Responses and Conversations are kept. */
  readonly serverState?: ServerStateOptions;
  /** How long vector stores take, and which files they fail to take in. */
  readonly vectorStores?: VectorStoreOptions;
  /** How long changes on the control plane take, and which creations there fail. */
  readonly control?: ControlOptions;
  /** How strictly bodies are checked by model family; default `documented`. */
  readonly strictness?: Strictness;
  /** Wire style of all streams; a turn's own style goes over it. */
  readonly wire?: WireStyle;
  /** How many requests the journal keeps; default 10,000. */
  readonly journalSize?: number;
  /** How many bytes of bodies the journal keeps; default 64 MiB. */
  readonly journalBytes?: number;
  /** Larger request bodies are answered with 413; default 50 MiB. */
  readonly maxBodyBytes?: number;
  /** Called when a request has ended, however it ended. */
  readonly onRequest?: (entry: JournalEntry) => void;
}

/** A running emulator. */
export interface OciEmulator {
  /** Origin of the data plane, such as `http://127.0.0.1:41234`. */
  readonly url: string;
  /** Origin of the control plane. */
  readonly controlUrl: string;
  /** The last requests, oldest first. A live list: entries appear and change while requests are served. */
  readonly requests: readonly JournalEntry[];
  /** Generations paid for: answers that began with a 2xx status. */
  readonly generations: number;
  /**
   * The generations paid for, by logical call: `every(({ generations }) => generations === 1)` unless something was paid
   * for twice. Requests belong to one call if they carry the same `opc-request-id` or `opc-retry-token`; or if path and
   * body are alike and the earlier one failed, was cut or was aborted, or the later one's `x-stainless-retry-count` says
   * it is a retry; in any case only within ten minutes of each other on the emulator's clock.
   */
  readonly generationsByCall: readonly LogicalCall[];
  /** What clients did wrong without being refused for it; the last 10,000. */
  readonly violations: readonly Violation[];
  readonly clock: EmulatorClock;
  /** Files and vector stores as they are now: what was uploaded, and whether twice. */
  readonly stored: Stored;
  /** Zero Data Retention: while true, nothing is stored and nothing can be continued. `reset()` sets it as at the start. */
  zeroDataRetention: boolean;
  /** Whom this emulator trusts now; start another one with it and it trusts the same. */
  readonly trust: Trust;
  /** What instances, resources, pods and sessions need to sign requests that this emulator accepts. */
  readonly principals: Principals;
  /** Puts turns in front of the answer source; they are played in order. */
  script(...turns: readonly ScriptedTurn[]): void;
  /**
   * Strikes the next requests for a path, whatever it serves, after their credentials have been checked.
   *
   * @throws EmulatorError if the fault does nothing, or more than one thing
   *
   * @example
   * ```ts
   * import { startOciEmulator } from "@locus-sdk/oci-emulator";
   *
   * await using emulator = await startOciEmulator();
   * emulator.fault({ path: /\/files$/, error: "TooManyRequests", times: 2 });
   * // The upload is done, and its answer is lost on the way.
   * emulator.fault({ path: "/openai/v1/files", method: "POST", reset: true, afterEffect: true });
   * ```
   */
  fault(fault: RequestFault): void;
  /**
   * Forgets journal, violations, generations, script, faults, responses, conversations, files, vector stores and what
   * the control plane made, and sets the clock to real time. Keys stay.
   */
  reset(): void;
  /** Resolves when no request is in flight: the journal is complete then. */
  idle(): Promise<void>;
  createApiKey(options?: ApiKeyOptions): ApiKey;
  deactivateApiKey(id: string): void;
  /** Writes an OCI config directory whose profiles this emulator accepts from now on. */
  writeTestConfig(directory: string, options?: TestConfigOptions): Promise<TestConfig>;
  /** Stops at once: open responses are cut, sockets destroyed. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}
