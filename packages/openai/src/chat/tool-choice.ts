/** A choice of tools as a server honours it. */
import type { ToolChoice, ToolDefinition } from "@locus-sdk/core";
import type { ChatProfile } from "./profile.ts";

/** The tools to send, and what to say of them. */
export interface ChosenTools {
  readonly tools: readonly ToolDefinition[];
  readonly choice?: ToolChoice;
}

/** What a choice comes to on a server that may not know it: the same by other means where there are any. */
export function chosenTools(
  tools: readonly ToolDefinition[],
  choice: ToolChoice | undefined,
  profile: ChatProfile,
  warn: (text: string) => void,
): ChosenTools {
  if (choice === undefined) return { tools };
  const kind = typeof choice === "string" ? choice : "named";
  if (profile.toolChoices.includes(kind)) return { tools, choice };
  if (kind === "none") return { tools: [] };
  const named = typeof choice === "string" ? [] : tools.filter(({ name }) => name === choice.name);
  // A call of the only tool there is is a call of that tool.
  if (named.length > 0 && profile.toolChoices.includes("required"))
    return { tools: named, choice: "required" };
  if (kind !== "auto") {
    warn(`models of the family "${profile.name}" cannot be made to call a tool: it is left to the model`);
  }
  return { tools };
}
