/** What can be set about models of the native API, beyond the way to OCI, and the check that it was spelled right. */
import { ConfigurationError, type JsonObject } from "@locus-sdk/core";
import { z } from "zod";
import { type CheckedOptions, checkOptions, type OciModelOptions } from "../config/options.ts";
import type { ApiFormat } from "../routing.ts";

/** What only chat models of the native API take. */
export interface NativeChatOptions {
  /** The shape of the request's body. Default: by model id, `GENERIC` for OCIDs. */
  readonly apiFormat?: ApiFormat | undefined;
  /** The model behind an OCID, whose family's rules apply: `"meta.llama-3.3-70b-instruct"`. */
  readonly baseModel?: string | undefined;
  /** Reads `<tool_call>{…}</tool_call>` in the text as tool calls, as Qwen and Hermes fine-tunes write them. */
  readonly textToolCalls?: boolean | undefined;
  /** Documents that Cohere models ground their answers in. */
  readonly documents?: readonly JsonObject[] | undefined;
  /** How much Cohere models are held back; theirs decides where it is absent. */
  readonly safetyMode?: "CONTEXTUAL" | "STRICT" | "OFF" | undefined;
  /** Whether Cohere models cite exactly or fast; `OFF` exists in `COHEREV2` only. */
  readonly citationQuality?: "ACCURATE" | "FAST" | "OFF" | undefined;
  /** The most tokens a `COHEREV2` model may think. */
  readonly thinkingTokenBudget?: number | undefined;
}

/** Options of `OCIModel`. */
export interface OCIModelOptions extends OciModelOptions, NativeChatOptions {}

const shape = {
  apiFormat: z.enum(["GENERIC", "COHERE", "COHEREV2"]).optional(),
  baseModel: z.string().min(1).optional(),
  textToolCalls: z.boolean().optional(),
  documents: z.array(z.record(z.string(), z.json())).optional(),
  safetyMode: z.enum(["CONTEXTUAL", "STRICT", "OFF"]).optional(),
  citationQuality: z.enum(["ACCURATE", "FAST", "OFF"]).optional(),
  thinkingTokenBudget: z.int().min(1).optional(),
};
/** Names of the options that the shared part of this package does not know. */
export const NATIVE_OPTION_NAMES: readonly string[] = Object.keys(shape);
const schema = z.object(shape);

/** Native options whose shapes were checked. */
export type CheckedNativeOptions = {
  readonly [Name in keyof NativeChatOptions]: NativeChatOptions[Name] | undefined;
};

/**
 * Checks the options of a chat model of the native API.
 *
 * @throws ConfigurationError naming the option and what was expected.
 */
export function checkNativeOptions(options: unknown): {
  readonly way: CheckedOptions;
  readonly chat: CheckedNativeOptions;
} {
  const way = checkNativeWay(options, "OCIModel", NATIVE_OPTION_NAMES);
  const checked = schema.safeParse(options);
  if (checked.success) return { way, chat: checked.data };
  const issue = checked.error.issues[0];
  throw new ConfigurationError(`OCI option "${issue?.path.join(".")}" cannot be used: ${issue?.message}`);
}

/** Checks the way to the native API: its transport is `sdk`, and nothing else. */
export function checkNativeWay(options: unknown, owner: string, more: readonly string[]): CheckedOptions {
  const way = checkOptions(options, more);
  if (way.transport !== undefined && way.transport !== "sdk") {
    throw new ConfigurationError(`${owner} speaks the native API, not transport "${way.transport}"`, {
      hint: 'Leave `transport` out here; getModel("oci:…", { transport }) chooses the class by it.',
    });
  }
  return way;
}
