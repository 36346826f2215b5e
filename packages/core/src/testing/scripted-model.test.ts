import { execFileSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { ScriptedModel } from "./scripted-model.ts";

describe("the scripted model", () => {
  it("streams what it would answer whole", async () => {
    const turn = {
      reasoning: "hm",
      text: "a longer answer",
      toolCalls: [{ name: "t", arguments: { a: 1 } }],
    };
    const [plain, streamed] = [new ScriptedModel([turn]), new ScriptedModel([turn], { chunkSize: 3 })];
    const response = await plain.complete({ messages: [] });
    let text = "";
    for await (const part of streamed.stream({ messages: [] })) {
      if (part.type === "text_delta") text += part.text;
      if (part.type === "finish") expect(part.response).toEqual(response);
    }
    expect(text).toBe("a longer answer");
  });

  it("says so when its script is used up", async () => {
    await expect(new ScriptedModel([]).complete({ messages: [] })).rejects.toThrow("asked for turn 1");
  });

  it("needs no test runner beside it, and the suites say that they do", () => {
    const { VITEST: _runner, ...env } = process.env;
    const script = `
      const { ScriptedModel, describeChatModel } = await import("@locus-sdk/core/testing");
      console.log((await new ScriptedModel(["hi"]).complete({ messages: [] })).message.content[0].text);
      try { describeChatModel("x", () => {}); } catch (error) { console.log(error.message); }
    `;
    const out = execFileSync(process.execPath, ["--input-type=module", "-e", script], {
      cwd: import.meta.dirname,
      env,
      encoding: "utf8",
    });
    expect(out).toBe("hi\nthe conformance suites run under vitest\n");
  });
});
