/** Names of tools in the form a provider takes them: a model may have called a tool by a name that no tool can have. */
import { createHash } from "node:crypto";

/** What a provider takes for a tool's name. */
export interface ToolNameRules {
  /** Characters. */
  readonly maxLength: number;
  /** Of the whole name. */
  readonly pattern: RegExp;
}

/** What `tool` takes, and with it every provider. */
const TOOL_NAMES: ToolNameRules = { maxLength: 64, pattern: /^[a-zA-Z0-9_-]+$/ };

/** Enough of a digest to tell two names apart that read alike once they fit. */
const DIGEST_CHARS = 8;

/**
 * `name` where it fits, and otherwise one that does, still readable and always the same for the same name: an invented
 * name that was sent back as it is would be refused with every request to come.
 *
 * @param rules Default: 64 letters, digits, `_` and `-`, which every provider takes.
 * @example
 * ```ts
 * import { fittingToolName } from "@locus-sdk/core";
 *
 * fittingToolName("search"); // "search"
 * fittingToolName("functions.search<|channel|>"); // "functions_search_channel_8b9d7e1f", or other digits
 * ```
 */
export function fittingToolName(name: string, { maxLength, pattern }: ToolNameRules = TOOL_NAMES): string {
  if (name !== "" && name.length <= maxLength && pattern.test(name)) return name;
  const digest = createHash("sha256").update(name).digest("hex").slice(0, DIGEST_CHARS);
  const words = name.split(/[^a-zA-Z0-9_-]+/).filter((word) => word !== "");
  const readable = words.join("_").slice(0, maxLength - DIGEST_CHARS - 1) || "unnamed";
  return `${readable}_${digest}`;
}
