/** Ranking documents, and looking for harm: what is sent, what comes back, and what cannot be right. */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { recordingNative } from "../../test/native-operations.ts";
import { OCIGuardrails } from "./guardrails.ts";
import { OCIReranker } from "./reranker.ts";

let server: Awaited<ReturnType<typeof recordingNative>>;
beforeEach(async () => {
  server = await recordingNative();
});
afterEach(() => server[Symbol.asyncDispose]());

describe("reranking", () => {
  const rank = (options = {}) =>
    new OCIReranker({ model: "cohere.rerank-v4.0-fast", ...server.options }).rerank(
      "Q",
      ["a", "b", "c"],
      options,
    );

  test("the most relevant come first, with their texts", async () => {
    server.answer(() => ({
      id: "1",
      documentRanks: [
        { index: 0, relevanceScore: 0.1 },
        { index: 2, relevanceScore: 0.9 },
      ],
    }));
    expect(await rank({ topN: 2, maxChunksPerDocument: 3, maxTokensPerDocument: 100 })).toEqual({
      results: [
        { index: 2, relevanceScore: 0.9, document: "c" },
        { index: 0, relevanceScore: 0.1, document: "a" },
      ],
      requestId: "ok-1",
    });
    expect(server.paths).toEqual(["/20231130/actions/rerankText"]);
    expect(server.bodies).toEqual([
      {
        compartmentId: server.options.compartmentId,
        servingMode: { servingType: "ON_DEMAND", modelId: "cohere.rerank-v4.0-fast" },
        input: "Q",
        documents: ["a", "b", "c"],
        isEcho: false,
        topN: 2,
        maxChunksPerDocument: 3,
        maxTokensPerDocument: 100,
      },
    ]);
  });

  test.each([[{ documentRanks: [{ index: 3, relevanceScore: 1 }] }], [{}]])(
    "%j is no ranking of three documents",
    async (answer) => {
      server.answer(() => answer);
      await expect(rank()).rejects.toMatchObject({ code: "invalid_response", requestId: "ok-1" });
    },
  );
});

describe("guardrails", () => {
  const guardrails = () => new OCIGuardrails(server.options);

  test("every check is sent, and what it found comes back", async () => {
    server.answer(() => ({
      results: {
        contentModeration: { categories: [{ name: "OVERALL", score: 0.2, flaggedModalities: ["TEXT"] }] },
        personallyIdentifiableInformation: [
          { label: "EMAIL", text: "a@b.c", offset: 3, length: 5, score: 0.99 },
        ],
        promptInjection: { score: 1, flaggedModalities: null },
      },
    }));
    expect(
      await guardrails().apply("Hi a@b.c", {
        contentModeration: true,
        personalData: ["EMAIL"],
        promptInjection: true,
        version: "2",
        languageCode: "en",
      }),
    ).toEqual({
      contentModeration: [{ name: "OVERALL", score: 0.2, flaggedModalities: ["TEXT"] }],
      personalData: [{ label: "EMAIL", text: "a@b.c", offset: 3, length: 5, score: 0.99 }],
      promptInjection: { score: 1 },
      requestId: "ok-1",
    });
    expect(server.paths).toEqual(["/20231130/actions/applyGuardrails"]);
    expect(server.bodies).toEqual([
      {
        compartmentId: server.options.compartmentId,
        input: { type: "TEXT", content: "Hi a@b.c", languageCode: "en" },
        guardrailConfigs: {
          contentModerationConfig: { categories: ["OVERALL"] },
          personallyIdentifiableInformationConfig: { types: ["EMAIL"] },
          promptInjectionConfig: {},
        },
        guardrailVersionConfig: { guardrailVersion: "2" },
      },
    ]);
  });

  test("an image is one input; several of both are many", async () => {
    const image = { type: "image", url: "https://x/y.png" } as const;
    server.answer(() => ({ results: {} }));
    expect(await guardrails().apply(image, { contentModeration: ["HATE"] })).toEqual({ requestId: "ok-1" });
    await guardrails().apply(["a", image], { promptInjection: true });
    expect(server.bodies).toMatchObject([
      {
        input: { type: "IMAGE", imageUrl: { url: "https://x/y.png" } },
        guardrailConfigs: { contentModerationConfig: { categories: ["HATE"] } },
      },
      { multimodalInput: [{ type: "TEXT", content: "a" }, { type: "IMAGE" }] },
    ]);
  });

  test("nothing asked is refused, and an answer without results is an error", async () => {
    await expect(guardrails().apply("x", {})).rejects.toMatchObject({ name: "ConfigurationError" });
    expect(server.bodies).toEqual([]);
    server.answer(() => ({}));
    await expect(guardrails().apply("x", { promptInjection: true })).rejects.toMatchObject({
      code: "invalid_response",
    });
  });
});
