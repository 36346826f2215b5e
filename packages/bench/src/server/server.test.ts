import { afterAll, describe, expect, it } from "vitest";
import { open } from "../contestants/raw.ts";
import { open as openResponses } from "../contestants/raw-responses.ts";
import { ANSWER, DELTAS } from "./bytes.ts";
import { startServer } from "./start.ts";

const server = await startServer();
afterAll(() => server[Symbol.asyncDispose]());

describe("the loopback server, asked by hand", () => {
  it.each([
    ["chat completions", open],
    ["Responses", openResponses],
  ])("answers in %s, whole and streamed", async (_, make) => {
    const contestant = await make({ baseURL: server.url("answer") });
    expect(await contestant.ask("Hi")).toBe(ANSWER);
    let text = "";
    await contestant.stream("Hi", (piece) => {
      text += piece;
    });
    expect(text).toBe(ANSWER);
  });

  it("calls the tool as often as the script says, by the request alone, and gives every answer an id of its own", async () => {
    const url = `${server.url("tools-2")}/chat/completions`;
    const ask = async (results: number) => {
      const messages = Array.from({ length: results }, () => ({
        role: "tool",
        tool_call_id: "c",
        content: "42",
      }));
      const response = await fetch(url, { method: "POST", body: JSON.stringify({ messages }) });
      return (await response.json()) as {
        readonly id: string;
        readonly choices: readonly [{ readonly finish_reason: string }];
      };
    };
    const answers = [await ask(0), await ask(1), await ask(2)];
    expect(answers.map(({ choices }) => choices[0].finish_reason)).toEqual([
      "tool_calls",
      "tool_calls",
      "stop",
    ]);
    expect(new Set(answers.map(({ id }) => id)).size).toBe(3);
  });

  it.each(["stream-blocks", "stream-deltas"])("streams all deltas by %s", async (script) => {
    const contestant = await open({ baseURL: server.url(script) });
    let texts = 0;
    await contestant.stream("Hi", () => {
      texts += 1;
    });
    expect(texts).toBe(DELTAS);
  });

  it("knows which streams their readers have not let go", async () => {
    const contestant = await open({ baseURL: server.url("endless") });
    const controller = new AbortController();
    let opened = 0;
    const stream = contestant.stream(
      "Hi",
      () => {
        opened += 1;
        if (opened === 1) void server.open().then((count) => controller.abort(new Error(`${count} open`)));
      },
      controller.signal,
    );
    await expect(stream).rejects.toThrow("1 open");
    await expect.poll(() => server.open()).toBe(0);
  });
});
