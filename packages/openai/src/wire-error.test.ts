/** Error envelopes, one shape out of many. */
import { describe, expect, it } from "vitest";
import { readWireError } from "./wire-error.ts";

describe("readWireError", () => {
  it.each([
    [
      "OpenAI's",
      { error: { message: "no", type: "invalid_request_error", param: "top_p", code: "unsupported_value" } },
      { message: "no", type: "invalid_request_error", param: "top_p", code: "unsupported_value" },
    ],
    [
      "OCI's",
      { code: "NotAuthorizedOrNotFound", message: "no" },
      { code: "NotAuthorizedOrNotFound", message: "no" },
    ],
    [
      "an upstream error inside OCI's message",
      {
        code: "400",
        message: '{"error":{"message":"no","param":"max_tokens","code":"unsupported_parameter"}}',
      },
      { message: "no", param: "max_tokens", code: "unsupported_parameter" },
    ],
    [
      "an upstream error behind words, inside OCI's message",
      { code: "400", message: 'Upstream said: {"error":{"param":"top_p"}}' },
      { code: "400", param: "top_p" },
    ],
    [
      "Gemini's",
      { error: { code: 400, message: "no", status: "INVALID_ARGUMENT" } },
      { code: "400", message: "no", type: "INVALID_ARGUMENT" },
    ],
    [
      "FastAPI's list",
      { detail: [{ loc: ["body", "top_k"], msg: "not permitted" }] },
      { param: "top_k", message: "not permitted" },
    ],
    ["FastAPI's text", { detail: "Not Found" }, { message: "Not Found" }],
    ["a text as error", { error: "model not found" }, { message: "model not found" }],
    ["plain text", "upstream connect error", { message: "upstream connect error" }],
    ["JSON as text", '{"message":"no"}', { message: "no" }],
    ["null members", { error: { message: "no", param: null, code: null } }, { message: "no" }],
    ["nothing", {}, {}],
    ["no text", "", {}],
    ["null", null, {}],
  ])("reads %s", (_, body, expected) => {
    expect(readWireError(body)).toEqual(expected);
  });
});
