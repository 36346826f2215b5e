/** A scripted model in the AI SDK, and what tests ask of it. */
import type { LanguageModelV4CallOptions } from "@ai-sdk/provider";
import { ScriptedModel, type ScriptedStep } from "@locus-sdk/core/testing";
import { tool } from "ai";
import { z } from "zod";
import { toLanguageModel } from "../src/to/to-language-model.ts";

// They are checked here, and would be written to the console besides.
Object.assign(globalThis, { AI_SDK_LOG_WARNINGS: false });

export const PNG =
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";

export const weather = tool({
  description: "Current weather for a city.",
  inputSchema: z.object({ city: z.string() }),
  execute: async ({ city }) => ({ city, celsius: 3 }),
});

export const scripted = (...script: readonly ScriptedStep[]) => {
  const inner = new ScriptedModel(script);
  return { inner, model: toLanguageModel(inner) };
};

/** A turn that thinks, shows an item of its provider's, and calls; the texts survive no parsing. */
export const CALLING: ScriptedStep = {
  content: [
    { type: "reasoning", text: "Oslo it is.", id: "rs_1", signature: "sealed", encrypted: "gAAA" },
    { type: "provider", provider: "scripted", item: { redacted: "abc" } },
    { type: "text", text: "Let me look." },
    { type: "tool_call", id: "call_1", providerId: "fc_1", name: "weather", arguments: '{ "city": "Oslo" }' },
    { type: "tool_call", id: "call_2", name: "weather", arguments: '{"city":"Bergen"}' },
  ],
  providerState: { provider: "scripted", modelId: "scripted", data: { responseId: "resp_1" } },
};

export const CALLS = CALLING as { readonly content: readonly unknown[]; readonly providerState: unknown };

export const ask = (more: Partial<LanguageModelV4CallOptions> = {}): LanguageModelV4CallOptions => ({
  prompt: [{ role: "user", content: [{ type: "text", text: "Hi" }] }],
  ...more,
});
