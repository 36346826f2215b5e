/** Options that cannot be meant are refused when the manager is made. */
import { describe, expect, it } from "vitest";
import { Agent } from "../agent/agent.ts";
import { ConfigurationError } from "../errors/errors.ts";
import { ScriptedModel } from "../testing/scripted-model.ts";
import { type CompactorOptions, compactor } from "./compactor.ts";
import { type SlidingWindowOptions, slidingWindow } from "./sliding-window.ts";
import { type SummarizingOptions, summarizing } from "./summarizing.ts";

describe("a manager", () => {
  it.each<[CompactorOptions, string]>([
    [{ target: 0.9 }, "target must be below trigger"],
    [{ trigger: 1.2 }, "trigger must be a number above 0 and up to 1"],
    [{ maxTokens: 100, reserveOutputTokens: 100 }, "reserveOutputTokens must be below maxTokens"],
    [{ toolResultChars: 10 }, "toolResultChars must be a whole number from 200"],
    [{ keepTail: 0 }, "keepTail must be a whole number from 1"],
    [{ maxToken: 1 } as CompactorOptions, 'unknown option "maxToken"; did you mean "maxTokens"?'],
  ])("compactor(%j) is refused", (options, why) => {
    expect(() => compactor(options)).toThrow(ConfigurationError);
    expect(() => compactor(options)).toThrow(why);
  });

  it.each<[SlidingWindowOptions, string]>([
    [{ maxMessages: 1 }, "maxMessages must be a whole number from 2"],
  ])("slidingWindow(%j) is refused", (options, why) => {
    expect(() => slidingWindow(options)).toThrow(why);
  });

  it.each<[SummarizingOptions, string]>([
    [{ maxMessages: 10, keepRecent: 10 }, "keepRecent must be below maxMessages (10), not 10"],
    [{ instructions: "" }, "instructions must be text, and not empty"],
  ])("summarizing(%j) is refused", (options, why) => {
    expect(() => summarizing(options)).toThrow(why);
  });

  it("that is none is refused by the agent", () => {
    const conversation = { apply: () => [] } as never;
    expect(() => new Agent({ model: new ScriptedModel([]), conversation })).toThrow(
      "conversation must be a conversation manager: an object with the method compact",
    );
  });
});
