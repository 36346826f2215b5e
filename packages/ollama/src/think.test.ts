/** Effort that a model does not know is let go of, with a word: nothing else but its name has to change. */
import type { RetryNotice } from "@locus-sdk/core";
import { afterEach, describe, expect, it } from "vitest";
import { closeServers, failure, modelOn, request, start, yes } from "../test/model.ts";
import { type ChatAnswer, refuse } from "../test/server.ts";

afterEach(closeServers);

const low = { ...request, settings: { reasoning: { effort: "low" } } } as const;
/** A model that does not think, or that does and knows no levels. */
const thinks =
  (way: "never" | "without levels"): ChatAnswer =>
  (response, asked) => {
    const { think } = asked.body;
    if (way === "never" && think !== undefined && think !== false) {
      refuse(response, 400, '"m" does not support thinking');
    } else if (typeof think === "string") {
      refuse(response, 400, `think value "${think}" is not supported for this model`);
    } else yes(response, asked);
  };

describe.each([
  ["never", undefined, 'ollama model "m" does not think: reasoning effort "low" was not sent'],
  ["without levels", true, 'ollama model "m" knows no levels of thinking: effort "low" was sent as thinking'],
] as const)("a model that thinks %s", (way, think, warning) => {
  it("is asked again without the effort, once for all", async () => {
    const server = await start(thinks(way));
    const model = modelOn(server);
    const notices: RetryNotice[] = [];
    const first = await model.complete({ ...low, onRetry: (notice) => notices.push(notice) });
    expect(first.warnings).toEqual([warning]);
    expect(notices).toEqual([{ what: expect.stringContaining("refused"), attempt: 1, delayMs: 0 }]);
    expect((await model.complete(low)).warnings).toEqual([warning]);
    expect(server.chats().map((body) => body.think)).toEqual(["low", think, think]);
  });

  it("is told of, where it was made to think that way itself", async () => {
    const server = await start(thinks(way));
    const error = await failure(modelOn(server, { think: "low" }).complete(request));
    expect(error).toMatchObject({ name: "InvalidRequestError", code: "unsupported_by_model" });
    expect(server.chats()).toHaveLength(1);
  });
});

it("a model that knows no levels may yet not think at all", async () => {
  const server = await start((response, asked) => {
    if (asked.body.think === true) refuse(response, 400, '"m" does not support thinking');
    else thinks("without levels")(response, asked);
  });
  const { warnings } = await modelOn(server).complete(low);
  expect(warnings).toEqual([expect.stringContaining("does not think")]);
  expect(server.chats().map((body) => body.think)).toEqual(["low", true, undefined]);
});
