/** Every envelope OCI answers with becomes the right error, with its ids and a hint that names cause and cure. */

import { ConfigurationError, LocusError } from "@locus-sdk/core";
import { errorReplies } from "@locus-sdk/oci-emulator";
import { describe, expect, test } from "vitest";
import { recordingServer } from "../test/recording-server.ts";
import { openAIFor } from "./client.ts";
import { resolveOciConfig } from "./config/resolve.ts";
import { mapOciError } from "./errors.ts";
import { createFetch } from "./http/signed-fetch.ts";

interface Reply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: unknown;
}

const json = (status: number, body: unknown): Reply => ({ status, body });
const oci = (status: number, code: string, message: string): Reply => json(status, { code, message });

/** The error a reply becomes, after a real trip through the client. */
async function mapped(reply: Reply, modelId = "openai.gpt-oss-120b"): Promise<LocusError> {
  await using server = await recordingServer((_, response) => {
    response.writeHead(reply.status, {
      "content-type": "application/json",
      "opc-request-id": "req/1",
      ...reply.headers,
    });
    response.end(typeof reply.body === "string" ? reply.body : JSON.stringify(reply.body));
  });
  const config = resolveOciConfig({
    endpoint: server.url,
    apiKey: "sk-1",
    region: "ord",
    maxRetries: 0,
    env: {},
  });
  const client = openAIFor(config, createFetch(config));
  const known = {
    ...config,
    authType: "api_key" as const,
    compartmentId: "ocid1.compartment.oc1..c",
    sources: { compartmentId: "environment variable OCI_COMPARTMENT" },
  };
  const thrown: unknown = await client.chat.completions
    .create({ model: modelId, messages: [{ role: "user", content: "Hi" }] })
    .catch((error: unknown) => error);
  return mapOciError(() => known)(thrown, { provider: "oci", modelId });
}

describe("OCI's own codes", () => {
  test.each([
    ["CannotParseRequest", "InvalidRequestError", 400, false],
    ["InvalidParameter", "InvalidRequestError", 400, false],
    ["LimitExceeded", "RateLimitError", 400, false],
    ["QuotaExceeded", "RateLimitError", 400, false],
    ["NotAuthenticated", "AuthenticationError", 401, false],
    ["NotAuthorized", "PermissionOrNotFoundError", 403, false],
    ["NotAllowed", "PermissionOrNotFoundError", 403, false],
    ["SignUpRequired", "PermissionOrNotFoundError", 403, false],
    ["NotAuthorizedOrNotFound", "PermissionOrNotFoundError", 404, false],
    ["IncorrectState", "ModelError", 409, true],
    ["Conflict", "ModelError", 409, false],
    ["RequestEntityTooLarge", "InvalidRequestError", 413, false],
    ["UnprocessableText", "InvalidRequestError", 422, false],
    ["TooManyRequests", "RateLimitError", 429, true],
    ["TooManyRequestsNumeric", "RateLimitError", 429, true],
    ["InternalServerError", "ServerError", 500, true],
    ["ModelNotFoundInternal", "PermissionOrNotFoundError", 500, false],
    ["NotImplemented", "ServerError", 501, false],
    ["BadGatewayHtml", "ServerError", 502, true],
    ["ServiceUnavailable", "ServerError", 503, true],
    ["ServiceUnavailableText", "ServerError", 503, true],
    ["GatewayTimeoutText", "ServerError", 504, true],
    ["OpenAIContextLength", "ContextLengthError", 400, false],
    ["OpenAIContentFilter", "ContentFilterError", 400, false],
    ["GeminiInvalidArgument", "InvalidRequestError", 400, false],
    ["DoubleEncoded", "InvalidRequestError", 400, false],
  ] as const)("%s is a %s", async (name, className, status, retryable) => {
    const error = await mapped(errorReplies[name]);
    expect(error).toMatchObject({ name: className, status, retryable, requestId: "req/1" });
    expect(error).toBeInstanceOf(LocusError);
    expect(error.message).not.toContain("<html");
  });

  test("OCI's code and words are in the message", async () => {
    const error = await mapped(errorReplies.NotAuthorizedOrNotFound);
    expect(error.message).toContain(
      "404 (NotAuthorizedOrNotFound): Authorization failed or requested resource not found.",
    );
  });

  test("what was encoded twice is read to its core", async () => {
    expect((await mapped(errorReplies.DoubleEncoded)).message).toContain("'max_tokens' is not supported");
  });
});

describe("hints", () => {
  test("404 names policy, compartment with its source, model and region", async () => {
    const { hint } = await mapped(errorReplies.NotAuthorizedOrNotFound);
    expect(hint).toContain("policy");
    expect(hint).toContain("ocid1.compartment.oc1..c (environment variable OCI_COMPARTMENT)");
    expect(hint).toContain('"openai.gpt-oss-120b" is not offered in us-chicago-1');
  });

  test.each<[string, Reply, string, string, RegExp]>([
    [
      "a missing project",
      oci(400, "MissingParameter", "OpenAI-Project header is missing"),
      "m",
      "ProjectRequiredError",
      /OCI_PROJECT/,
    ],
    [
      "a required project",
      oci(404, "NotFound", "project is required"),
      "m",
      "ProjectRequiredError",
      /OCI_PROJECT/,
    ],
    [
      "a missing compartment",
      oci(400, "MissingParameter", "Missing required header: opc-compartment-id."),
      "m",
      "InvalidRequestError",
      /OCI_COMPARTMENT/,
    ],
    [
      "Cohere on chat completions",
      oci(400, "400", "Unsupported operation: x"),
      "cohere.command-r",
      "InvalidRequestError",
      /native API/,
    ],
    [
      "a multi-agent model on chat",
      oci(400, "400", "Multi Agent requests are not allowed on chat completions."),
      "xai.m",
      "InvalidRequestError",
      /OCIResponsesModel/,
    ],
    [
      "a Responses-only model",
      json(404, { error: { message: "This is not a chat model. Use the Responses API instead." } }),
      "m",
      "InvalidRequestError",
      /OCIResponsesModel/,
    ],
    ["throttling", oci(429, "429", "slow down"), "m", "RateLimitError", /tenancy and model/],
    ["a 401", errorReplies.NotAuthenticated, "m", "AuthenticationError", /uploaded/],
  ])("%s", async (_, reply, modelId, name, hint) => {
    expect(await mapped(reply, modelId)).toMatchObject({ name, hint: expect.stringMatching(hint) });
  });

  test("a 401 speaks of the kind of credential in use", () => {
    const refused = Object.assign(new Error("401 no"), { status: 401, headers: new Headers(), error: {} });
    const hint = (authType: "genai_api_key" | "session_token"): string | undefined =>
      mapOciError(() => ({
        authType,
        baseURL: "https://h.oraclecloud.com",
        region: undefined,
        compartmentId: undefined,
        profile: undefined,
        sources: {},
      }))(refused, { provider: "oci", modelId: "m" }).hint;
    expect(hint("genai_api_key")).toMatch(/made before a policy.*never works/);
    expect(hint("session_token")).toMatch(/oci session refresh --profile DEFAULT/);
  });

  test("a host that does not exist sends the reader to the region", () => {
    const cause = Object.assign(new Error("getaddrinfo ENOTFOUND x"), { code: "ENOTFOUND" });
    const error = mapOciError(() => undefined)(new TypeError("fetch failed", { cause }), {
      provider: "oci",
      modelId: "m",
    });
    expect(error).toMatchObject({
      name: "ConnectionError",
      retryable: true,
      hint: expect.stringMatching(/region/),
    });
  });

  test("an error of ours comes through untouched", () => {
    const ours = new ConfigurationError("as it was");
    const wrapped = new Error("Connection error.", { cause: ours });
    expect(mapOciError(() => undefined)(wrapped, { provider: "oci", modelId: "m" })).toBe(ours);
  });
});
