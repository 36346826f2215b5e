import { describe, expect, it } from "vitest";
import { isStateLost, type Refusal, readRefusal } from "./recovery.ts";

/** What the `openai` client throws for a refused request. */
const refused = (status: number, error: unknown): Error =>
  Object.assign(new Error(typeof error === "string" ? `${status} ${error}` : String(status)), {
    status,
    error: typeof error === "string" ? undefined : error,
  });
const all = { link: true, include: true, sealed: true };
const linked = { link: true, include: false, sealed: false };

describe("a refusal", () => {
  it.each<[string, number, unknown, Refusal["kind"] | undefined]>([
    [
      "OpenAI's",
      400,
      {
        message: "Previous response with id 'resp_1' not found.",
        type: "invalid_request_error",
        param: "previous_response_id",
        code: "previous_response_not_found",
      },
      "lost",
    ],
    ["by code alone", 404, { code: "previous_response_not_found" }, "lost"],
    ["by parameter alone", 400, { message: "Invalid value", param: "previous_response_id" }, "lost"],
    ["of a conversation", 404, { message: "Conversation with id 'conv_1' not found." }, "lost"],
    ["of an OCID", 404, "Response ocid1.generativeairesponse.oc1.iad.abc not found", "lost"],
    ["of age", 400, "The previous response has expired.", "lost"],
    ["in OCI's envelope", 404, '{"code":"NotFound","message":"Unknown previous_response_id"}', "lost"],
    [
      "wrapped twice",
      400,
      { code: "400", message: '{"error":{"param":"previous_response_id","message":"not found"}}' },
      "lost",
    ],
    ["of a busy conversation", 409, { code: "conversation_locked" }, undefined],
    [
      "of a conversation in use",
      400,
      {
        message: "Another process is currently operating on this conversation.",
        code: "conversation_locked",
      },
      "busy",
    ],
    [
      "of Zero Data Retention",
      400,
      { message: "Previous response cannot be used for this organization due to Zero Data Retention." },
      "stateless",
    ],
    ["of any use", 400, "A previous response can not be used in this tenancy", "stateless"],
    ["forbidden by policy", 403, "zero-data-retention is enabled", "stateless"],
    [
      "of the parameter as such",
      400,
      { message: "Unsupported parameter", param: "previous_response_id" },
      "stateless",
    ],
    ["of the parameter in words", 422, "Unknown parameter: 'previous_response_id'", "stateless"],
    [
      "of a missing permission",
      404,
      '{"code":"NotAuthorizedOrNotFound","message":"Authorization failed or requested resource not found."}',
      undefined,
    ],
    ["of a missing route", 404, "404 page not found", undefined],
    [
      "of a missing model",
      404,
      { message: "The model 'm' does not exist", code: "model_not_found" },
      undefined,
    ],
    [
      "of a parameter",
      400,
      { message: "Unsupported parameter: 'temperature'", param: "temperature" },
      undefined,
    ],
    ["with a failing server", 500, { message: "Previous response not found" }, undefined],
    ["of a thing in another sentence", 400, "The response was refused. The tool was not found", undefined],
  ])("%s is read for what it is", (_whose, status, body, kind) => {
    expect(readRefusal(refused(status, body), linked)?.kind).toBe(kind);
  });

  it("is about state only where the request carried some", () => {
    const error = refused(404, "Response resp_1 not found");
    expect(readRefusal(error, { ...linked, link: false })).toBeUndefined();
  });

  it.each<[unknown, Refusal["kind"]]>([
    [{ message: "Invalid value: 'reasoning.encrypted_content'.", param: "include[0]" }, "include"],
    [{ message: "Encrypted content is not supported with this model." }, "include"],
    [{ message: "could not be verified", code: "invalid_encrypted_content" }, "sealed"],
    [{ message: "The encrypted content for item rs_1 could not be decrypted or parsed." }, "sealed"],
  ])("%j is about sealed reasoning", (body, kind) => {
    expect(readRefusal(refused(400, body), all)?.kind).toBe(kind);
    expect(readRefusal(refused(400, body), linked)).toBeUndefined();
  });

  it("is read from answers only", () => {
    expect(readRefusal(new Error("previous response not found"), all)).toBeUndefined();
    expect(readRefusal("previous response not found", all)).toBeUndefined();
  });

  it("of any length is read in no time", () => {
    const started = performance.now();
    isStateLost({ message: "response conversation thread .a".repeat(100_000) });
    expect(performance.now() - started).toBeLessThan(500);
  });
});
