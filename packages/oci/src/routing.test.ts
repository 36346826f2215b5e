/** The routing table, row by row, and what goes over it. */
import { ConfigurationError } from "@locus-sdk/core";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { explainRoute, type Route } from "./routing.ts";

const route = (modelId: string, options: Parameters<typeof explainRoute>[1] = {}): Route =>
  explainRoute(modelId, { env: {}, ...options });

describe("the table", () => {
  test.each([
    ["ocid1.generativeaiendpoint.oc1.us-chicago-1.amaa", "sdk", "dedicated", undefined],
    ["ocid1.generativeaimodel.oc1.us-chicago-1.amaa", "sdk", "on-demand", undefined],
    ["cohere.command-r-08-2024", "sdk", "on-demand", "COHERE"],
    ["cohere.command-r-plus", "sdk", "on-demand", "COHERE"],
    ["cohere.command-a-03-2025", "sdk", "on-demand", "COHERE"],
    ["cohere.command-a-vision-07-2025", "sdk", "on-demand", "COHEREV2"],
    ["cohere.command-a-reasoning-08-2025", "sdk", "on-demand", "COHEREV2"],
    ["openai.gpt-oss-120b", "v1", undefined, undefined],
    ["openai.gpt-5.5", "v1", undefined, undefined],
    ["meta.llama-3.3-70b-instruct", "v1", undefined, undefined],
    ["xai.grok-4.20-0309-reasoning", "v1", undefined, undefined],
    ["mistral.large", "v1", undefined, undefined],
    ["google.gemini-2.5-pro", "v1", undefined, undefined],
    ["anthropic.claude", "v1", undefined, undefined],
    ["vendor.of-tomorrow", "v1", undefined, undefined],
  ])("%s → %s", (modelId, transport, servingMode, apiFormat) => {
    const found = route(modelId);
    expect([found.transport, found.servingMode, found.apiFormat]).toEqual([
      transport,
      servingMode,
      apiFormat,
    ]);
    expect(found.rule).toMatch(/^[A-Z].*\.$/);
    expect(found.overriddenBy).toBeUndefined();
    expect(route(`OCI:${modelId.toUpperCase()}`)).toEqual(found);
  });

  test("an id that only begins like a vendor's is nobody's special case", () => {
    expect(route("coherent.model").transport).toBe("v1");
    expect(route("my-ocid1.generativeaiendpoint.x").transport).toBe("v1");
  });
});

describe("overrides", () => {
  test("LOCUS_OCI_TRANSPORT goes over the table, the option over both, and each is named", () => {
    const env = { LOCUS_OCI_TRANSPORT: "sdk" };
    expect(route("openai.gpt-oss-120b", { env })).toEqual({
      transport: "sdk",
      servingMode: "on-demand",
      apiFormat: "GENERIC",
      rule: "Everything else is served by chat completions, /openai/v1.",
      overriddenBy: "environment variable LOCUS_OCI_TRANSPORT",
    });
    expect(route("openai.gpt-oss-120b", { env, transport: "responses" })).toMatchObject({
      transport: "responses",
      overriddenBy: "the `transport` option",
    });
    expect(route("cohere.command-r", { transport: "v1" }).servingMode).toBeUndefined();
  });

  test("asking for what the table says anyway is no override", () => {
    expect(route("cohere.command-r", { transport: "sdk" })).toEqual(route("cohere.command-r"));
  });
});

describe("refusals", () => {
  test.each(["xai.grok-4.20-multi-agent-0309", "oci:OpenAI.gpt-5.5-pro", "openai.gpt-5.5-pro-2026-04-01"])(
    "%s is refused on every transport but responses, and the error says which to use",
    (modelId) => {
      for (const options of [
        {},
        { transport: "v1" },
        { transport: "sdk" },
        { env: { LOCUS_OCI_TRANSPORT: "v1" } },
      ] as const) {
        expect(() => route(modelId, options)).toThrow(/Responses API only/);
      }
      expect(route(modelId, { transport: "responses" }).transport).toBe("responses");
    },
  );

  test("embedding and ranking models are told for what they are", () => {
    for (const modelId of ["cohere.embed-v4.0", "cohere.rerank-v3.5"]) {
      expect(() => route(modelId)).toThrow(/is no chat model/);
    }
  });

  test("no id is refused with its example", () => {
    expect(() => route("oci: ")).toThrow(ConfigurationError);
  });

  test("any other id has a route", () => {
    const id = fc.string({ minLength: 1 }).filter((text) => text.trim().replace(/^oci:/i, "") !== "");
    fc.assert(fc.property(id, (modelId) => typeof route(modelId).rule === "string"));
  });
});
