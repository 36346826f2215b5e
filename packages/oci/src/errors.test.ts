/** Every envelope OCI answers with becomes the right error, with its ids and a hint that names cause and cure. */

import { ConfigurationError, LocusError } from "@locus-sdk/core";
import { errorReplies } from "@locus-sdk/oci-emulator";
import { ReportedError } from "@locus-sdk/openai";
import { describe, expect, test } from "vitest";
import { recordingServer } from "../test/recording-server.ts";
import { openAIFor } from "./client.ts";
import type { OciAuthType, OciTransport } from "./config/options.ts";
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
async function mapped(
  reply: Reply,
  modelId = "openai.gpt-oss-120b",
  asked: { readonly goesOn?: boolean; readonly transport?: OciTransport } = {},
): Promise<LocusError> {
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
  const { goesOn = false, transport } = asked;
  return mapOciError(() => known, transport)(thrown, { provider: "oci", modelId, goesOn });
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

describe("models that only the Responses API serves", () => {
  test.each([
    json(400, {
      error: { message: "gpt-5.2-pro is only supported in v1/responses and not in v1/chat/completions." },
    }),
    json(404, { error: { message: "This model is not supported. Use the Responses API." } }),
    json(400, { error: { message: "Served by the Responses API only." } }),
    errorReplies.UnprocessableText,
  ])("are named as such, except to who asked the Responses API", async (reply) => {
    expect((await mapped(reply, "m", { transport: "v1" })).code).toBe("responses_only");
    const error = await mapped(reply, "m", { transport: "responses" });
    expect(error.code).not.toBe("responses_only");
    expect(error.hint ?? "").not.toContain("Responses API only");
  });

  test.each([
    [
      429,
      "rate_limit_exceeded",
      "Rate limit reached for the Responses API in organization x.",
      "RateLimitError",
    ],
    [
      400,
      "invalid",
      "Unsupported parameter: 'foo'. In the Responses API, this parameter has moved to 'text.format'",
      "InvalidRequestError",
    ],
    [
      400,
      "unsupported_value",
      "Tools are not supported with effort. Use the Responses API.",
      "InvalidRequestError",
    ],
  ] as const)("are not meant by a %i (%s): %s", async (status, code, message, name) => {
    for (const transport of ["v1", "responses", "sdk"] as const) {
      const error = await mapped(json(status, { error: { message, code } }), "m", { transport });
      expect(error.name).toBe(name);
      expect(error.code).not.toBe("responses_only");
    }
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
    [
      "a forbidden project",
      oci(403, "NotAllowed", "Project OCID is required"),
      "m",
      "ProjectRequiredError",
      /OCI_PROJECT/,
    ],
    ["a project by parameter", errorReplies.ProjectRequired, "m", "ProjectRequiredError", /OCI_PROJECT/],
    ["a response nobody has", errorReplies.PreviousResponseNotFound, "m", "ServerStateLostError", /replay/],
    [
      "a response told by its text alone",
      oci(400, "InvalidParameter", "Previous response with id resp_1 has expired."),
      "m",
      "ServerStateLostError",
      /project and region/,
    ],
    ["zero data retention", errorReplies.ZeroDataRetention, "m", "InvalidRequestError", /store: false/],
    [
      "a model of the other gateway",
      errorReplies.UnprocessableText,
      "xai.m",
      "InvalidRequestError",
      /OCIResponsesModel/,
    ],
    [
      "Gemini's one answer to all",
      errorReplies.GeminiInvalidArgument,
      "google.g",
      "InvalidRequestError",
      /\$ref/,
    ],
    [
      "an unknown model",
      errorReplies.ModelNotFoundInternal,
      "m",
      "PermissionOrNotFoundError",
      /locus models/,
    ],
    ["throttling", oci(429, "429", "slow down"), "m", "RateLimitError", /tenancy and model/],
    ["a 401", errorReplies.NotAuthenticated, "m", "AuthenticationError", /uploaded/],
  ])("%s", async (_, reply, modelId, name, hint) => {
    const goesOn = name === "ServerStateLostError";
    expect(await mapped(reply, modelId, { goesOn })).toMatchObject({
      name,
      hint: expect.stringMatching(hint),
    });
  });

  test.each([
    oci(400, "InvalidParameter", "The conversation is too long: unknown token count"),
    errorReplies.PreviousResponseNotFound,
  ])("what goes on with nothing has lost nothing", async (reply) => {
    for (const transport of [undefined, "v1", "sdk", "responses"] as const) {
      expect((await mapped(reply, "m", transport && { transport })).name).not.toBe("ServerStateLostError");
    }
  });

  test("a long conversation is no lost one, whoever keeps it", async () => {
    const reply = oci(400, "InvalidParameter", "The conversation is too long: unknown token count");
    const error = await mapped(reply, "m", { goesOn: true, transport: "responses" });
    expect(error.name).toBe("InvalidRequestError");
  });

  test("a 401 speaks of the kind of credential in use", () => {
    const refused = Object.assign(new Error("401 no"), { status: 401, headers: new Headers(), error: {} });
    const hint = (authType: OciAuthType): string | undefined =>
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
    expect(hint("instance_principal")).toMatch(/^The token of this instance principal was refused/);
  });

  test("a 401 whose clock differs from ours speaks of the clock", async () => {
    const date = new Date(Date.now() + 7_200_000).toUTCString();
    expect(await mapped({ ...errorReplies.NotAuthenticated, headers: { date } })).toMatchObject({
      code: "clock_skew",
      hint: expect.stringContaining("120 minutes behind"),
    });
  });

  test("how long the service wants to be left alone is kept, and that it wants no other try", async () => {
    const wait = await mapped({ ...errorReplies.TooManyRequests, headers: { "retry-after": "7" } });
    expect(wait).toMatchObject({ retryAfterMs: 7_000, retryable: true });
    const never = await mapped({ ...errorReplies.TooManyRequests, headers: { "x-should-retry": "false" } });
    expect(never.retryable).toBe(false);
  });

  test.each([
    ["TooManyRequests", "RateLimitError", /tenancy and model/],
    ["NotAuthorizedOrNotFound", "PermissionOrNotFoundError", /policy/],
    ["429", "RateLimitError", /tenancy and model/],
  ])("an error told inside an answer, %s, is a %s without a status", (code, name, hint) => {
    const reported = new ReportedError({ code, message: "no" }, "req/2");
    const error = mapOciError(() => undefined)(reported, { provider: "oci", modelId: "m" });
    expect(error).toMatchObject({
      name,
      status: undefined,
      requestId: "req/2",
      hint: expect.stringMatching(hint),
    });
  });

  test("a proxy's own certificate sends the reader to NODE_EXTRA_CA_CERTS", () => {
    const cause = Object.assign(new Error("self-signed certificate in certificate chain"), {
      code: "SELF_SIGNED_CERT_IN_CHAIN",
    });
    const error = mapOciError(() => undefined)(new TypeError("fetch failed", { cause }), {
      provider: "oci",
      modelId: "m",
    });
    expect(error).toMatchObject({
      name: "ConnectionError",
      hint: expect.stringContaining("NODE_EXTRA_CA_CERTS"),
    });
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
