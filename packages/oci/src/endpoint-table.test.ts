/** Every endpoint, under every kind of credential: what works, what a 401, a 404 and a 429 come to, and what an abort leaves. */
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setImmediate } from "node:timers/promises";
import type { OciEmulator, TestConfig } from "@locus-sdk/oci-emulator";
import { startOciEmulator } from "@locus-sdk/oci-emulator";
import { toFile } from "openai";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { createOciGenAI, type OciGenAI } from "./genai.ts";

interface Ask {
  readonly signal?: AbortSignal;
}

/** What a call needs to be there before: made by one client, whatever credential the call itself uses. */
interface Made {
  readonly id: string;
  /** The resource that the other is in. */
  readonly parent: string;
}

interface Endpoint {
  readonly name: string;
  readonly path: RegExp;
  readonly prepare?: (genai: OciGenAI, config: TestConfig) => Promise<Partial<Made>>;
  readonly call: (genai: OciGenAI, made: Made, ask: Ask) => Promise<unknown>;
}

const model = "openai.gpt-oss-120b";
const upload = async (genai: OciGenAI): Promise<{ readonly id: string }> =>
  genai.files.create({ file: await toFile(Buffer.from("holidays: 30"), "a.txt"), purpose: "assistants" });
const response = async (genai: OciGenAI): Promise<{ readonly id: string }> =>
  genai.responses.create({ model, input: "Hi" });
const conversation = async (genai: OciGenAI): Promise<{ readonly id: string }> =>
  genai.conversations.create({ items: [{ type: "message", role: "user", content: "Hi" }] });
const store = async (genai: OciGenAI): Promise<{ readonly id: string }> =>
  genai.vectorStores.create({ name: "s" });
const filled = async (genai: OciGenAI): Promise<Made> => {
  const [{ id: parent }, { id }] = await Promise.all([store(genai), upload(genai)]);
  await genai.vectorStores.files.create(parent, { file_id: id });
  return { id, parent };
};
const container = async (genai: OciGenAI): Promise<{ readonly id: string }> =>
  genai.containers.create({ name: "c" });
const project = async (genai: OciGenAI): Promise<{ readonly id: string }> => {
  const { id } = await genai.projects.create({ displayName: "p" });
  return genai.projects.waitUntil(id, "ACTIVE", { pollMs: 1 });
};
const apiKey = async (genai: OciGenAI): Promise<{ readonly id: string }> => {
  const { id } = await genai.apiKeys.create({ displayName: "k", keyDetails: [{ keyName: "one" }] });
  return genai.apiKeys.waitUntil(id, "ACTIVE", { pollMs: 1 });
};
async function all(items: AsyncIterable<unknown>): Promise<readonly unknown[]> {
  const found: unknown[] = [];
  for await (const item of items) found.push(item);
  return found;
}

const INFERENCE: readonly Endpoint[] = [
  {
    name: "chat completions",
    path: /chat\/completions$/,
    call: (g, _, ask) =>
      g.chat.completions.create({ model, messages: [{ role: "user", content: "Hi" }] }, ask),
  },
  {
    name: "responses create",
    path: /responses$/,
    call: (g, _, ask) => g.responses.create({ model, input: "Hi" }, ask),
  },
  {
    name: "responses retrieve",
    path: /responses\/[^/]+$/,
    prepare: response,
    call: (g, { id }, ask) => g.responses.retrieve(id, {}, ask),
  },
  {
    name: "responses delete",
    path: /responses\/[^/]+$/,
    prepare: response,
    call: (g, { id }, ask) => g.responses.delete(id, ask),
  },
  {
    name: "responses input items",
    path: /input_items$/,
    prepare: response,
    call: (g, { id }, ask) => g.responses.inputItems.list(id, {}, ask),
  },
  {
    name: "conversations create",
    path: /conversations$/,
    call: (g, _, ask) => g.conversations.create({}, ask),
  },
  {
    name: "conversations retrieve",
    path: /conversations\/[^/]+$/,
    prepare: conversation,
    call: (g, { id }, ask) => g.conversations.retrieve(id, ask),
  },
  {
    name: "conversations update",
    path: /conversations\/[^/]+$/,
    prepare: conversation,
    call: (g, { id }, ask) => g.conversations.update(id, { metadata: { a: "b" } }, ask),
  },
  {
    name: "conversations delete",
    path: /conversations\/[^/]+$/,
    prepare: conversation,
    call: (g, { id }, ask) => g.conversations.delete(id, ask),
  },
  {
    name: "conversation items list",
    path: /items$/,
    prepare: conversation,
    call: (g, { id }, ask) => g.conversations.items.list(id, {}, ask),
  },
  {
    name: "conversation items create",
    path: /items$/,
    prepare: conversation,
    call: (g, { id }, ask) =>
      g.conversations.items.create(id, { items: [{ type: "message", role: "user", content: "Hi" }] }, ask),
  },
  {
    name: "files create",
    path: /files$/,
    call: async (g, _, ask) =>
      g.files.create({ file: await toFile(Buffer.from("x"), "x.txt"), purpose: "assistants" }, ask),
  },
  { name: "files list", path: /files$/, call: (g, _, ask) => g.files.list({}, ask) },
  {
    name: "files retrieve",
    path: /files\/[^/]+$/,
    prepare: upload,
    call: (g, { id }, ask) => g.files.retrieve(id, ask),
  },
  {
    name: "files content",
    path: /content$/,
    prepare: upload,
    call: async (g, { id }, ask) => (await g.files.content(id, ask)).text(),
  },
  {
    name: "files delete",
    path: /files\/[^/]+$/,
    prepare: upload,
    call: (g, { id }, ask) => g.files.delete(id, ask),
  },
  {
    name: "vector stores create",
    path: /vector_stores$/,
    call: (g, _, ask) => g.vectorStores.create({ name: "s" }, ask),
  },
  { name: "vector stores list", path: /vector_stores$/, call: (g, _, ask) => g.vectorStores.list({}, ask) },
  {
    name: "vector stores retrieve",
    path: /vector_stores\/[^/]+$/,
    prepare: store,
    call: (g, { id }, ask) => g.vectorStores.retrieve(id, ask),
  },
  {
    name: "vector stores update",
    path: /vector_stores\/[^/]+$/,
    prepare: store,
    call: (g, { id }, ask) => g.vectorStores.update(id, { name: "t" }, ask),
  },
  {
    name: "vector stores delete",
    path: /vector_stores\/[^/]+$/,
    prepare: store,
    call: (g, { id }, ask) => g.vectorStores.delete(id, ask),
  },
  {
    name: "vector store files create",
    path: /vector_stores\/[^/]+\/files$/,
    prepare: async (g) => ({ id: (await upload(g)).id, parent: (await store(g)).id }),
    call: (g, { id, parent }, ask) => g.vectorStores.files.create(parent, { file_id: id }, ask),
  },
  {
    name: "vector store files list",
    path: /vector_stores\/[^/]+\/files$/,
    prepare: filled,
    call: (g, { parent }, ask) => g.vectorStores.files.list(parent, {}, ask),
  },
  {
    name: "vector store files delete",
    path: /vector_stores\/[^/]+\/files\/[^/]+$/,
    prepare: filled,
    call: (g, { id, parent }, ask) => g.vectorStores.files.delete(id, { vector_store_id: parent }, ask),
  },
  {
    name: "file batches create",
    path: /file_batches$/,
    prepare: async (g) => ({ id: (await upload(g)).id, parent: (await store(g)).id }),
    call: (g, { id, parent }, ask) => g.vectorStores.fileBatches.create(parent, { file_ids: [id] }, ask),
  },
  {
    name: "vector stores search",
    path: /search$/,
    prepare: filled,
    call: (g, { parent }, ask) => g.vectorStores.search(parent, { query: "holidays" }, ask),
  },
  {
    name: "containers create",
    path: /containers$/,
    call: (g, _, ask) => g.containers.create({ name: "c" }, ask),
  },
  { name: "containers list", path: /containers$/, call: (g, _, ask) => g.containers.list({}, ask) },
  {
    name: "containers retrieve",
    path: /containers\/[^/]+$/,
    prepare: container,
    call: (g, { id }, ask) => g.containers.retrieve(id, ask),
  },
  {
    name: "containers delete",
    path: /containers\/[^/]+$/,
    prepare: container,
    call: (g, { id }, ask) => g.containers.delete(id, ask),
  },
  {
    name: "container files create",
    path: /containers\/[^/]+\/files$/,
    prepare: container,
    call: async (g, { id }, ask) =>
      g.containers.files.create(id, { file: await toFile(Buffer.from("x"), "x.txt") }, ask),
  },
  {
    name: "container files list",
    path: /containers\/[^/]+\/files$/,
    prepare: container,
    call: (g, { id }, ask) => g.containers.files.list(id, {}, ask),
  },
];

const CONTROL: readonly Endpoint[] = [
  {
    name: "projects list",
    path: /generativeAiProjects$/,
    call: (g, _, ask) => all(g.projects.list({}, ask)),
  },
  {
    name: "projects create",
    path: /generativeAiProjects$/,
    call: (g, _, ask) => g.projects.create({ displayName: "p" }, ask),
  },
  {
    name: "projects get",
    path: /generativeAiProjects\/[^/]+$/,
    prepare: project,
    call: (g, { id }, ask) => g.projects.get(id, ask),
  },
  {
    name: "projects update",
    path: /generativeAiProjects\/[^/]+$/,
    prepare: project,
    call: (g, { id }, ask) => g.projects.update(id, { description: "d" }, ask),
  },
  {
    name: "projects delete",
    path: /generativeAiProjects\/[^/]+$/,
    prepare: project,
    call: (g, { id }, ask) => g.projects.delete(id, ask),
  },
  { name: "API keys list", path: /apikeys$/i, call: (g, _, ask) => all(g.apiKeys.list({}, ask)) },
  {
    name: "API keys create",
    path: /apikeys$/i,
    call: (g, _, ask) => g.apiKeys.create({ displayName: "k", keyDetails: [{ keyName: "one" }] }, ask),
  },
  {
    name: "API keys get",
    path: /apikeys\/[^/]+$/i,
    prepare: apiKey,
    call: (g, { id }, ask) => g.apiKeys.get(id, ask),
  },
  {
    name: "API keys delete",
    path: /apikeys\/[^/]+$/i,
    prepare: apiKey,
    call: (g, { id }, ask) => g.apiKeys.delete(id, ask),
  },
  {
    name: "semantic stores list",
    path: /semanticStores$/,
    call: (g, _, ask) => all(g.semanticStores.list({}, ask)),
  },
  {
    name: "vector store connectors list",
    path: /vectorStoreConnectors$/,
    call: (g, _, ask) => all(g.vectorStoreConnectors.list({}, ask)),
  },
  { name: "models list", path: /models$/, call: (g, _, ask) => all(g.models.list({}, ask)) },
  { name: "endpoints list", path: /endpoints$/, call: (g, _, ask) => all(g.endpoints.list({}, ask)) },
  {
    name: "clusters list",
    path: /dedicatedAiClusters$/,
    call: (g, _, ask) => all(g.dedicatedAiClusters.list({}, ask)),
  },
  {
    name: "work requests list",
    path: /workRequests$/,
    call: (g, _, ask) => all(g.workRequests.list({}, ask)),
  },
];

type Env = Readonly<Record<string, string>>;
const directory = (): string => mkdtempSync(join(tmpdir(), "locus-table-"));
const CREDENTIALS: readonly (readonly [string, (emulator: OciEmulator) => Promise<Env>])[] = [
  ["an API signing key", async (emulator) => (await emulator.writeTestConfig(directory())).env],
  [
    "a session token",
    async (emulator) => (await emulator.writeTestConfig(directory(), { profile: "SESSION" })).env,
  ],
  [
    "an instance principal",
    async ({ principals }) => {
      const { env, federationEndpoint } = await principals.instance();
      return { ...env, LOCUS_OCI_FEDERATION_URL: federationEndpoint };
    },
  ],
  ["a resource principal", async ({ principals }) => (await principals.resource()).env],
  [
    "OKE workload identity",
    async ({ principals }) => {
      const { env, serviceAccountTokenPath } = await principals.oke(directory());
      return { ...env, LOCUS_OCI_SERVICE_ACCOUNT_DIR: dirname(serviceAccountTokenPath) };
    },
  ],
  [
    "OCI Generative AI API keys",
    async (emulator) => {
      const [one, two] = emulator.createApiKey().secrets;
      const project = (await emulator.writeTestConfig(directory())).projectId;
      return {
        OCI_GENAI_API_KEY: one,
        OCI_GENAI_API_KEY_2: two,
        OCI_REGION: "us-chicago-1",
        OCI_ENDPOINT: emulator.url,
        OCI_CONTROL_ENDPOINT: emulator.controlUrl,
        OCI_PROJECT: project,
      };
    },
  ],
];

describe.each(CREDENTIALS)("with %s", (kind, environment) => {
  const bearer = kind.includes("API keys");
  let emulator: OciEmulator;
  let config: TestConfig;
  let genai: OciGenAI;
  let admin: OciGenAI;

  beforeAll(async () => {
    emulator = await startOciEmulator();
    config = await emulator.writeTestConfig(directory());
    admin = createOciGenAI({ env: config.env });
    genai = createOciGenAI({ env: await environment(emulator) });
  }, 30_000);
  afterAll(() => emulator.close());
  beforeEach(() => emulator.reset());

  const prepared = async ({ prepare }: Endpoint): Promise<Made> => ({
    id: "",
    parent: "",
    ...(await prepare?.(admin, config)),
  });
  /** Requests for the endpoint since the last reset. */
  const sent = ({ path }: Endpoint): typeof emulator.requests =>
    emulator.requests.filter((request) => request.plane !== "identity" && path.test(request.path));

  describe.each(bearer ? INFERENCE : [...INFERENCE, ...CONTROL])("$name", (endpoint) => {
    test("works", async () => {
      const made = await prepared(endpoint);
      await endpoint.call(genai, made, {});
      expect(emulator.violations).toEqual([]);
    });

    test("401: the credential is renewed and the request sent once more, and then it is an error", async () => {
      const made = await prepared(endpoint);
      const before = sent(endpoint).length;
      emulator.fault({ path: endpoint.path, error: "NotAuthenticated", times: Number.POSITIVE_INFINITY });
      await expect(endpoint.call(genai, made, {})).rejects.toMatchObject({ status: 401 });
      expect(sent(endpoint).length - before).toBe(2);
    });

    test("404, which may be a missing permission: an error at once", async () => {
      const made = await prepared(endpoint);
      const before = sent(endpoint).length;
      emulator.fault({
        path: endpoint.path,
        error: "NotAuthorizedOrNotFound",
        times: Number.POSITIVE_INFINITY,
      });
      await expect(endpoint.call(genai, made, {})).rejects.toMatchObject({ status: 404 });
      expect(sent(endpoint).length - before).toBe(1);
    });

    test("429: tried again", async () => {
      const made = await prepared(endpoint);
      const before = sent(endpoint).length;
      emulator.fault({
        path: endpoint.path,
        status: 429,
        body: { code: "TooManyRequests", message: "slow down" },
        headers: { "retry-after-ms": "1" },
      });
      await endpoint.call(genai, made, {});
      expect(sent(endpoint).length - before).toBe(2);
    });

    test("aborted: rejects at once, and the connection is closed", async () => {
      const made = await prepared(endpoint);
      const before = sent(endpoint).length;
      emulator.fault({ path: endpoint.path, delayMs: 60_000 });
      const controller = new AbortController();
      const call = endpoint.call(genai, made, { signal: controller.signal });
      call.catch(() => undefined);
      while (sent(endpoint).length === before) await setImmediate();
      controller.abort();
      await expect(call).rejects.toThrow(/abort|cancel/i);
      await emulator.idle();
      expect(sent(endpoint).at(-1)).toMatchObject({ aborted: true });
    });
  });

  test.each(bearer ? CONTROL : [])("$name is refused before anything is sent", async (endpoint) => {
    await expect(endpoint.call(genai, { id: "ocid1.x", parent: "" }, {})).rejects.toMatchObject({
      code: "control_plane_needs_signature",
    });
    expect(emulator.requests).toEqual([]);
  });
});
