/** Which parameter an error is about, and what is done about it. */
import { APIError } from "openai";
import { describe, expect, it } from "vitest";
import { ParameterRepairs, readErrorParam } from "./repair.ts";

const refusal = (body: object | undefined, status = 400, text = ""): unknown =>
  APIError.generate(status, body, text, new Headers());

describe("readErrorParam", () => {
  it.each([
    ["OpenAI's", { error: { message: "x", param: "temperature", code: "unsupported_value" } }],
    [
      "OCI's around it",
      {
        error: {
          code: "400",
          message: JSON.stringify({
            error: { message: "x", param: "temperature", code: "unsupported_parameter" },
          }),
        },
      },
    ],
    [
      "Gemini's, by its words",
      {
        error: {
          code: 400,
          message: 'Invalid JSON payload received. Unknown name "temperature": Cannot find field.',
          status: "INVALID_ARGUMENT",
        },
      },
    ],
    [
      "older OpenAI's",
      { error: { message: "Unrecognized request argument supplied: temperature", param: null } },
    ],
    ["words alone", { error: { message: "Argument not supported on this model: 'temperature'" } }],
  ])("reads %s envelope", (_, body) => {
    expect(readErrorParam(refusal(body))).toEqual({ name: "temperature" });
  });

  it("leaves a level that is refused beside those that are taken to the caller", () => {
    const taken = "Unsupported value: 'xhigh'. Supported values are: 'low', 'medium', and 'high'.";
    const of = (message: string, param: string): unknown =>
      readErrorParam(refusal({ error: { message, param, code: "unsupported_value" } }));
    expect(of(taken, "reasoning_effort")).toBeUndefined();
    expect(of("reasoning effort must be one of low, high", "reasoning.effort")).toBeUndefined();
    expect(of("Not supported with this model.", "reasoning_effort")).toEqual({ name: "reasoning_effort" });
    expect(of("Only the default value is supported.", "temperature")).toEqual({ name: "temperature" });
  });

  it("reads FastAPI's 422 and plain text", () => {
    const detail = { error: { detail: [{ loc: ["body", "top_k"], msg: "Extra inputs are not permitted" }] } };
    expect(readErrorParam(refusal(detail, 422))).toEqual({ name: "top_k" });
    expect(readErrorParam(refusal(undefined, 422, "unknown field `seed`, expected `model`"))).toEqual({
      name: "seed",
    });
  });

  it.each([
    ["another status", refusal({ error: { param: "temperature", code: "unsupported_value" } }, 500)],
    [
      "another reason",
      refusal({ error: { message: "temperature must be below 2", param: "temperature", code: "invalid" } }),
    ],
    ["no parameter", refusal({ error: { message: "not supported" } })],
    ["no answer", new Error("not supported: 'temperature'")],
  ])("finds nothing in %s", (_, error) => {
    expect(readErrorParam(error)).toBeUndefined();
  });
});

describe("ParameterRepairs", () => {
  it("renames the output limit either way, once, and then leaves it out", () => {
    const repairs = new ParameterRepairs();
    expect(repairs.learn({ name: "max_tokens" }, { max_tokens: 5 })).toContain("max_completion_tokens");
    expect(repairs.apply({ max_tokens: 5, n: 1 })).toEqual({
      body: { max_completion_tokens: 5, n: 1 },
      dropped: [],
    });
    expect(repairs.learn({ name: "max_completion_tokens" }, { max_completion_tokens: 5 })).toContain(
      "without",
    );
    expect(repairs.apply({ max_tokens: 5 })).toEqual({ body: {}, dropped: ["max_completion_tokens"] });
  });

  it("leaves a refused setting out and says so", () => {
    const repairs = new ParameterRepairs();
    expect(repairs.learn({ name: "top_p" }, { top_p: 1 })).toContain("top_p");
    expect(repairs.apply({ top_p: 1, seed: 2 })).toEqual({ body: { seed: 2 }, dropped: ["top_p"] });
    expect(repairs.apply({ seed: 2 })).toEqual({ body: { seed: 2 }, dropped: [] });
  });

  it("does not leave out what would change the question, or what was not sent", () => {
    const repairs = new ParameterRepairs();
    expect(repairs.learn({ name: "tools" }, { tools: [] })).toBeUndefined();
    expect(repairs.learn({ name: "response_format" }, { response_format: {} })).toBeUndefined();
    expect(repairs.learn({ name: "top_p" }, {})).toBeUndefined();
  });

  it("knows what another call has learned in the meantime", () => {
    const repairs = new ParameterRepairs();
    const sent = { max_tokens: 5, top_p: 1 };
    repairs.learn({ name: "max_tokens" }, sent);
    expect(repairs.learn({ name: "max_tokens" }, sent)).toContain("max_completion_tokens");
    repairs.learn({ name: "top_p" }, sent);
    expect(repairs.learn({ name: "top_p" }, sent)).toContain("without");
    expect(repairs.apply(sent).body).toEqual({ max_completion_tokens: 5 });
  });

  it("asks no longer for usage, without a word, where a server refuses that", () => {
    const repairs = new ParameterRepairs();
    repairs.learn({ name: "stream_options" }, { stream_options: {} });
    expect(repairs.apply({ stream_options: {} })).toEqual({ body: {}, dropped: [] });
  });
});
