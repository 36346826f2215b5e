import { describe, expect, it } from "vitest";
import { nativeUsage } from "./usage.ts";

describe("native token counts", () => {
  it("have reasoning among the output, also where a model's server counts it in the total alone", () => {
    const told = { promptTokens: 10, completionTokensDetails: { reasoningTokens: 20 } };
    const expected = { inputTokens: 10, outputTokens: 25, totalTokens: 35, reasoningTokens: 20 };
    expect(nativeUsage({ ...told, completionTokens: 5, totalTokens: 35 })).toEqual(expected);
    expect(nativeUsage({ ...told, completionTokens: 25, totalTokens: 35 })).toEqual(expected);
  });

  it("are none where there are none", () => {
    expect(nativeUsage(undefined)).toBeUndefined();
    expect(nativeUsage({ promptTokens: 3, completionTokens: null })).toEqual({
      inputTokens: 3,
      outputTokens: 0,
      totalTokens: 3,
    });
  });
});
