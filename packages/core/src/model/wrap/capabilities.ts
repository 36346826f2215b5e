/** What can be asked of any of several models. */
import type { ChatModel, ModelCapabilities } from "../types.ts";

const FORMATS: readonly ModelCapabilities["structuredOutput"][] = ["none", "json", "schema"];

/** What all of them can do; the smallest window that is known. */
export function commonCapabilities(models: readonly ChatModel[]): ModelCapabilities {
  const each = models.map((model) => model.capabilities);
  const all = (able: (one: ModelCapabilities) => boolean): boolean => each.every(able);
  const windows = each.flatMap(({ contextWindow }) => (contextWindow === undefined ? [] : [contextWindow]));
  return {
    tools: all((one) => one.tools),
    parallelToolCalls: all((one) => one.parallelToolCalls),
    structuredOutput: FORMATS.find((format) => each.some((one) => one.structuredOutput === format)) ?? "none",
    ...(all((one) => one.structuredOutputWithTools !== false) ? {} : { structuredOutputWithTools: false }),
    vision: all((one) => one.vision),
    files: all((one) => one.files),
    audio: all((one) => one.audio),
    reasoning: all((one) => one.reasoning),
    streaming: all((one) => one.streaming),
    serverState: all((one) => one.serverState),
    ...(windows.length === 0 ? {} : { contextWindow: Math.min(...windows) }),
  };
}
