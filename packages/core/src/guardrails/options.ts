/** What guardrails may be told to do. */
import type { StandardSchemaV1 } from "@standard-schema/spec";
import type { JsonValue } from "../json/json.ts";
import type { Awaitable, ToolCall } from "../tool/types.ts";
import type { InjectionOptions, PiiOptions } from "./detectors.ts";
import type { ArgumentHazard } from "./hazard-names.ts";
import type { Detector, GuardrailAction, GuardrailActions, GuardrailPlace } from "./types.ts";
import type { PathPolicy, UrlPolicy } from "./verdicts.ts";

/** One action for each place; a place that is not named keeps its default. */
export type PlaceActions = Partial<Readonly<Record<GuardrailPlace, GuardrailAction>>>;

/** What is done about a call: it is denied, a person is asked, or it is put on record; `allow` does not look. */
export type CallAction = "block" | "ask" | "flag" | "allow";

/** A rule for the calls of some tools; all of it must hold. */
export interface ToolRule {
  /** Default `"block"`. */
  readonly action?: CallAction | undefined;
  /** A schema narrower than the tool's own: zod, or any Standard Schema. */
  readonly schema?: StandardSchemaV1 | undefined;
  /** Returns why not, for the model to read, or nothing. */
  readonly check?: ((args: JsonValue, call: ToolCall) => Awaitable<string | undefined>) | undefined;
  /** What no text in the arguments may hold. */
  readonly forbid?: readonly ArgumentHazard[] | undefined;
  /** Characters of the arguments as JSON, at most. */
  readonly maxChars?: number | undefined;
}

/** Which tools may be called, and with what. `*` in a name stands for any characters. */
export interface ToolPolicy {
  /** Only these. Default: all. */
  readonly allow?: readonly string[] | undefined;
  /** Not these, also where `allow` names them. */
  readonly deny?: readonly string[] | undefined;
  /** By tool; several may apply to one. */
  readonly rules?: Readonly<Record<string, ToolRule>> | undefined;
}

/** Which arguments are taken for URLs or paths, and what is done about those that are not allowed. */
export interface ArgumentPolicy {
  /** Default `"block"`. */
  readonly action?: CallAction | undefined;
  /** Names of arguments by tool (`*` in a tool's name stands for any characters). Default: by their names and looks. */
  readonly arguments?: Readonly<Record<string, readonly string[]>> | undefined;
}

export interface UrlGuard extends ArgumentPolicy, Omit<UrlPolicy, "signal"> {}
export interface PathGuard extends ArgumentPolicy, PathPolicy {}

/** Results that are shown to the model as somebody else's words. */
export interface Spotlight {
  /** Tools whose results nobody vouches for; `*` stands for any characters. */
  readonly tools: readonly string[];
  /** Between marks (`"delimit"`, the default), or with a sign in place of each white space as well (`"datamark"`). */
  readonly mode?: "delimit" | "datamark" | undefined;
}

/** A detector of yours, and what is done about what it finds. */
export interface CustomGuard {
  readonly detector: Detector;
  /** A place that is not named is not looked at. */
  readonly actions: GuardrailActions;
}

export interface GuardrailsOptions {
  /** Keys, tokens, passwords. Default `"redact"`. */
  readonly secrets?: GuardrailActions | undefined;
  /** Personal data. Default `"redact"`, and `"flag"` in arguments: a tool that sends a letter needs the address. */
  readonly pii?: GuardrailAction | (PlaceActions & PiiOptions) | undefined;
  /** Instructions where none should be. Default: `block` in input and answers, not in arguments, elsewhere `redact`. */
  readonly injection?: GuardrailAction | (PlaceActions & InjectionOptions) | undefined;
  readonly detectors?: readonly CustomGuard[] | undefined;
  readonly tools?: ToolPolicy | undefined;
  /** Default: what `checkUrl` refuses is blocked. */
  readonly urls?: CallAction | UrlGuard | undefined;
  /** Default: what `checkPath` refuses is blocked. */
  readonly paths?: CallAction | PathGuard | undefined;
  /** Default: none. */
  readonly spotlight?: Spotlight | undefined;
  /** For one answer of one detector, milliseconds. Default 10,000. */
  readonly detectorTimeoutMs?: number | undefined;
}
