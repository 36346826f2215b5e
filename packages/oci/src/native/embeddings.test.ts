/** Embeddings: batches, order, types, images, and answers that do not add up. */
import { afterEach, beforeEach, expect, test } from "vitest";
import { type Json, recordingNative } from "../../test/native-operations.ts";
import { OCIEmbeddings } from "./embeddings.ts";

let server: Awaited<ReturnType<typeof recordingNative>>;
beforeEach(async () => {
  server = await recordingNative();
});
afterEach(() => server[Symbol.asyncDispose]());

const model = (id = "cohere.embed-v4.0", more = {}) =>
  new OCIEmbeddings({ model: id, ...server.options, ...more });
const numberOf = (text: string): number => Number(text.split(" ")[1]);
const inputsOf = ({ inputs }: Json): readonly string[] => inputs as readonly string[];
/** Embeds "text 7" as [7]. */
const plain = (body: Json): Json => ({
  id: "1",
  embeddings: inputsOf(body).map((text) => [numberOf(text)]),
  usage: { promptTokens: inputsOf(body).length, totalTokens: inputsOf(body).length },
});

test("any number of texts comes back in order, 96 in a request, four requests at a time", async () => {
  let running = 0;
  let most = 0;
  server.answer(async (body) => {
    running += 1;
    most = Math.max(most, running);
    // Later requests are answered first.
    const first = numberOf(inputsOf(body)[0] ?? "");
    for (let turn = first; turn < 700; turn += 96) await new Promise((resolve) => setImmediate(resolve));
    running -= 1;
    return plain(body);
  });
  const texts = Array.from({ length: 600 }, (_, index) => `text ${index}`);
  const { embeddings, usage, requestIds } = await model().embed(texts, { inputType: "search_document" });
  expect(embeddings).toEqual(texts.map((_, index) => [index]));
  expect(usage).toEqual({ inputTokens: 600, outputTokens: 0, totalTokens: 600 });
  expect(requestIds).toHaveLength(7);
  expect(server.bodies.map((body) => inputsOf(body).length).toSorted((a, b) => b - a)).toEqual([
    ...Array<number>(6).fill(96),
    24,
  ]);
  expect(most).toBe(4);
});

test("what was asked is sent, and nothing else", async () => {
  server.answer(plain);
  await model().embed(["text 1"], { inputType: "search_query", truncate: "end", outputDimensions: 256 });
  await model("ocid1.generativeaiendpoint.oc1..e").embed(["text 1"]);
  const { compartmentId } = server.options;
  expect(server.bodies).toEqual([
    {
      compartmentId,
      servingMode: { servingType: "ON_DEMAND", modelId: "cohere.embed-v4.0" },
      inputs: ["text 1"],
      inputType: "SEARCH_QUERY",
      truncate: "END",
      outputDimensions: 256,
    },
    {
      compartmentId,
      servingMode: { servingType: "DEDICATED", endpointId: "ocid1.generativeaiendpoint.oc1..e" },
      inputs: ["text 1"],
    },
  ]);
});

test("every type asked for comes back, across batches", async () => {
  const types = ["float", "int8", "uint8", "binary", "ubinary", "base64"] as const;
  server.answer((body) => ({
    id: "1",
    embeddings: [],
    embeddingsByType: Object.fromEntries(
      types.map((type) => [
        type,
        inputsOf(body).map((text) => (type === "base64" ? text : [numberOf(text)])),
      ]),
    ),
  }));
  const texts = Array.from({ length: 97 }, (_, index) => `text ${index}`);
  const { byType, embeddings } = await model().embed(texts, { embeddingTypes: types });
  expect(Object.keys(byType)).toEqual(types);
  for (const type of types) expect(byType[type]).toHaveLength(97);
  expect(byType.base64?.[96]).toBe("text 96");
  expect(embeddings[96]).toEqual([96]);
  expect(server.bodies[0]).toMatchObject({ embeddingTypes: types });
});

test("images stand among texts for newer models, and alone for older ones", async () => {
  const image = { type: "image", data: "iVBORw0KGgo=" } as const;
  const url = "data:image/png;base64,iVBORw0KGgo=";
  server.answer((body) => ({
    id: "1",
    embeddings: ((body.inputs ?? body.embedContents) as readonly unknown[]).map(() => [1]),
  }));
  await model().embed(["a", image]);
  expect(server.bodies[0]).toMatchObject({
    embedContents: [
      { type: "TEXT", text: "a" },
      { type: "IMAGE", imageUrl: { url } },
    ],
  });
  await model("cohere.embed-english-image-v3.0", { concurrency: 1 }).embed(["a", "b", image, image, "c"]);
  expect(server.bodies.slice(1).map(({ inputs, inputType }) => [inputs, inputType])).toEqual([
    [["a", "b"], undefined],
    [[url], "IMAGE"],
    [[url], "IMAGE"],
    [["c"], undefined],
  ]);
});

test("no inputs are no request", async () => {
  expect(await model().embed([])).toMatchObject({ embeddings: [], requestIds: [] });
  expect(server.bodies).toEqual([]);
});

test.each([
  ["fewer vectors than inputs", { id: "1", embeddings: [[1]] }],
  ["no vectors", { id: "1", embeddings: [] }],
  ["something else", { embeddings: "x" }],
  ["nothing", undefined],
])("an answer with %s is an error, and is not asked for again", async (_, answer) => {
  server.answer(() => answer);
  await expect(model(undefined, { maxRetries: 2 }).embed(["a", "b"])).rejects.toMatchObject({
    name: "ModelError",
    code: "invalid_response",
    requestId: expect.stringMatching(/./),
  });
  expect(server.bodies).toHaveLength(1);
});

test("the first request that fails ends the others, and is the error", async () => {
  server.answer((body) => {
    if (inputsOf(body)[0] === "text 96")
      return { status: 404, code: "NotAuthorizedOrNotFound", message: "no" };
    return new Promise<never>(() => undefined);
  });
  const texts = Array.from({ length: 400 }, (_, index) => `text ${index}`);
  await expect(model().embed(texts)).rejects.toMatchObject({
    name: "PermissionOrNotFoundError",
    status: 404,
  });
  expect(server.bodies.length).toBeLessThan(5);
});

test("aborting ends all of them", async () => {
  const abort = new AbortController();
  server.answer(() => {
    abort.abort();
    return new Promise<never>(() => undefined);
  });
  await expect(model().embed(["a"], { signal: abort.signal })).rejects.toMatchObject({
    name: "CancelledError",
  });
});

test("options are checked", () => {
  expect(() => model("")).toThrow(/needs an id/);
  expect(() => model(undefined, { concurency: 2 })).toThrow(/did you mean "concurrency"/);
  expect(() => model(undefined, { transport: "v1" })).toThrow(/OCIEmbeddings speaks the native API/);
});

test("a type that was asked for and did not come is an error that names both", async () => {
  server.answer(plain);
  await expect(model().embed(["text 1"], { embeddingTypes: ["int8"] })).rejects.toMatchObject({
    name: "ModelError",
    code: "invalid_response",
    message: expect.stringMatching(/of type float, where int8 was asked for/),
  });
});

test.each([Number.NaN, "x", 0, 1.5, Number.POSITIVE_INFINITY])("concurrency %s is refused", (concurrency) => {
  expect(() => model(undefined, { concurrency })).toThrow(/"concurrency".*integer/);
});
