/** Settings as each family takes them. */
import type { ModelSettings } from "@locus-sdk/core";
import { describe, expect, it } from "vitest";
import { encodeSettings } from "./encode-settings.ts";
import { claudeFamily, UNKNOWN_FAMILY } from "./families.ts";

function encode(modelId: string, settings: ModelSettings): { body: object; warnings: readonly string[] } {
  const warnings: string[] = [];
  return { body: encodeSettings(settings, claudeFamily(modelId), (text) => warnings.push(text)), warnings };
}

describe("families", () => {
  it.each([
    ["claude-opus-5-5", "Claude Opus 5.5"],
    ["anthropic.claude-opus-5-5-v1:0", "Claude Opus 5.5"],
    ["anthropic/claude-sonnet-5.5", "Claude Sonnet 5.5"],
    ["claude-haiku-5-5", "Claude Haiku 5.5"],
    ["claude-fable-5-2", "Claude Fable 5.1"],
    ["claude-mythos-5", "Claude Fable 5"],
    ["claude-mythos-preview", "Claude Mythos Preview"],
    ["claude-opus-5", "Claude Opus and Sonnet 5"],
    ["claude-opus-5-20260701", "Claude Opus and Sonnet 5"],
    ["claude-opus-4-8", "Claude Opus 4.7 and 4.8"],
    ["claude-sonnet-4-6", "Claude Sonnet 4.6"],
    ["claude-opus-4-5-20251101", "Claude Opus 4.5"],
    ["claude-haiku-4-5-20251001", "Claude Sonnet and Haiku 4.5"],
    ["claude-opus-4-1-20250805", "Claude Opus 4.1"],
    ["claude-opus-4-20250514", "Claude Opus 4"],
    ["claude-sonnet-4@20250514", "Claude Sonnet 3.7 and 4"],
    ["claude-3-7-sonnet-latest", "Claude Sonnet 3.7 and 4"],
    ["claude-3-5-haiku-20241022", "Claude 3.5"],
    ["claude-3-opus-20240229", "Claude 3"],
    ["claude-opus-9", UNKNOWN_FAMILY.name],
  ])("%s is of %s", (modelId, name) => {
    expect(claudeFamily(modelId).name).toBe(name);
  });
});

describe("limits", () => {
  it.each([
    ["claude-opus-5-5", {}, 16_384],
    ["claude-3-5-haiku-20241022", {}, 8192],
    ["claude-3-opus-20240229", {}, 4096],
    ["claude-opus-9", {}, 8192],
    ["claude-opus-5-5", { maxOutputTokens: 100 }, 100],
  ])("of %s with %j are %i tokens", (modelId, settings, max_tokens) => {
    expect(encode(modelId, settings)).toEqual({ body: { max_tokens }, warnings: [] });
  });
});

describe("reasoning", () => {
  it.each([
    // Thinks by itself: effort.
    ["claude-opus-5-5", "xhigh", { thinking: { type: "adaptive" }, output_config: { effort: "xhigh" } }, 0],
    ["claude-opus-5-5", "minimal", { thinking: { type: "adaptive" }, output_config: { effort: "low" } }, 1],
    ["claude-opus-4-6", "xhigh", { thinking: { type: "adaptive" }, output_config: { effort: "high" } }, 1],
    // Within a budget.
    [
      "claude-haiku-4-5",
      "low",
      { max_tokens: 18_432, thinking: { type: "enabled", budget_tokens: 2048 } },
      0,
    ],
    [
      "claude-opus-4-5",
      "medium",
      { thinking: { type: "enabled", budget_tokens: 8192 }, output_config: { effort: "medium" } },
      0,
    ],
    [
      "claude-opus-4-1",
      "xhigh",
      { max_tokens: 32_000, thinking: { type: "enabled", budget_tokens: 24_000 } },
      0,
    ],
    // Not at all.
    ["claude-3-5-haiku-20241022", "high", { max_tokens: 8192 }, 1],
    // Off.
    ["claude-opus-4-8", "none", { max_tokens: 16_384 }, 0],
    ["claude-haiku-5-5", "none", { thinking: { type: "disabled" } }, 0],
    ["claude-sonnet-5-5", "none", { thinking: { type: "between_tools" } }, 0],
    ["claude-fable-5-1", "none", { output_config: { effort: "low" } }, 1],
  ] as const)("of %s at effort %s", (modelId, effort, expected, warned) => {
    const { body, warnings } = encode(modelId, { reasoning: { effort } });
    expect(body).toMatchObject(expected);
    if (!("thinking" in expected)) expect(body).not.toHaveProperty("thinking");
    if (!("output_config" in expected)) expect(body).not.toHaveProperty("output_config");
    expect(warnings).toHaveLength(warned);
  });

  it("leaves room for the answer within a limit of the caller's, or does not think", () => {
    expect(encode("claude-haiku-4-5", { maxOutputTokens: 4000, reasoning: { effort: "high" } }).body).toEqual(
      {
        max_tokens: 4000,
        thinking: { type: "enabled", budget_tokens: 3000 },
      },
    );
    const { body, warnings } = encode("claude-haiku-4-5", {
      maxOutputTokens: 1000,
      reasoning: { effort: "high" },
    });
    expect(body).toEqual({ max_tokens: 1000 });
    expect(warnings).toHaveLength(1);
  });

  it("is summarized where that is asked for", () => {
    const thinking = { type: "adaptive", display: "summarized" };
    expect(encode("claude-opus-5-5", { reasoning: { summary: "auto" } }).body).toMatchObject({ thinking });
    expect(encode("claude-opus-5-5", { reasoning: { summary: "auto", effort: "high" } }).body).toMatchObject({
      thinking,
      output_config: { effort: "high" },
    });
  });
});

describe("sampling", () => {
  const all: ModelSettings = { temperature: 0.5, topP: 0.9, topK: 40 };

  it.each([
    ["claude-sonnet-4-20250514", all, { temperature: 0.5, top_p: 0.9, top_k: 40 }, 0],
    ["claude-sonnet-4-5", all, { temperature: 0.5, top_k: 40 }, 1],
    ["claude-sonnet-4-5", { topP: 0.9 }, { top_p: 0.9 }, 0],
    ["claude-opus-4-7", all, {}, 3],
    ["claude-haiku-4-5", { temperature: 1, topP: 0.95, reasoning: { effort: "low" } }, { top_p: 0.95 }, 1],
    ["claude-opus-9", all, { temperature: 0.5, top_p: 0.9, top_k: 40 }, 0],
  ] as const)("of %s with %j", (modelId, settings, expected, warned) => {
    const { body, warnings } = encode(modelId, settings);
    const sent = Object.entries(body).filter(([name]) => /^(?:temperature|top_)/.test(name));
    expect(Object.fromEntries(sent)).toEqual(expected);
    expect(warnings).toHaveLength(warned);
  });

  it("names what the API has no parameter for", () => {
    const { body, warnings } = encode("claude-opus-4-1", {
      seed: 1,
      frequencyPenalty: 1,
      presencePenalty: 1,
      verbosity: "low",
      stop: ["END", "\n"],
      serviceTier: "standard_only",
    });
    expect(body).toEqual({ max_tokens: 16_384, stop_sequences: ["END"], service_tier: "standard_only" });
    expect(warnings).toHaveLength(5);
  });
});

describe("values that the API refuses", () => {
  it.each([
    ["claude-sonnet-4-5", { temperature: 1.5 }, "temperature from 0 to 1: 1.5 was not sent"],
    ["claude-sonnet-4-5", { topP: 1.2 }, "top_p from 0 to 1: 1.2 was not sent"],
    [
      "claude-sonnet-4-5",
      { topP: 0.5, reasoning: { effort: "low" } },
      "top_p from 0.95 to 1 while it thinks: 0.5 was not sent",
    ],
  ] as const)("of %s are left out of %j, and said", (modelId, settings, warning) => {
    const { body, warnings } = encode(modelId, settings);
    expect(body).not.toHaveProperty("temperature");
    expect(body).not.toHaveProperty("top_p");
    expect(warnings).toEqual([`Claude takes ${warning}`]);
  });

  it("are not those at the ends of what it takes", () => {
    expect(encode("claude-sonnet-4-5", { temperature: 1 }).body).toHaveProperty("temperature", 1);
    const thinking = { topP: 0.95, reasoning: { effort: "low" } } as const;
    expect(encode("claude-sonnet-4-5", thinking).body).toHaveProperty("top_p", 0.95);
  });
});
