/** Every resource from its creation to its end on the emulated control plane; the vendor's client reads the same. */
import type { GenerativeAiClient } from "oci-generativeai";
import { afterAll, describe, expect, test } from "vitest";
import { all, startControlCloud } from "../../test/control.ts";
import type { ControlPlaneResources } from "./index.ts";

const cloud = await startControlCloud();
const { control, vendor, emulator } = cloud;
const { compartmentId } = cloud.options;
afterAll(() => cloud[Symbol.asyncDispose]());

interface Thing {
  readonly id: string;
  readonly lifecycleState?: string | undefined;
  readonly displayName?: string | undefined;
  readonly etag?: string | undefined;
}
/** As much of a resource as all have in common. */
interface Face {
  list(query?: object): AsyncIterable<object>;
  get(id: string): Promise<Thing>;
  update(id: string, details: object, options?: object): Promise<Thing>;
  delete(id: string, options?: object): Promise<void>;
  waitUntil(id: string, state: "ACTIVE" | "DELETED", options?: object): Promise<Thing | undefined>;
}

const base = async (): Promise<string> => {
  const [model] = await all(control.models.list({ displayName: "cohere.command-r-plus-08-2024" }));
  return model?.id ?? "";
};
const cluster = async (type: "HOSTING" | "FINE_TUNING"): Promise<string> =>
  (await control.dedicatedAiClusters.create({ type, unitCount: 1, unitShape: "LARGE_GENERIC" })).id;
const configuration = {
  storageConfigList: [{ namespace: "n", bucketName: "b", prefixList: ["a.md", "b.pdf"] }],
};
const connector = () =>
  control.vectorStoreConnectors.create({ displayName: "bucket", vectorStoreId: "vs_1", configuration });

interface Row {
  readonly make: () => Promise<Thing>;
  readonly face: (resources: ControlPlaneResources) => Face;
  /** How the vendor reads one, and the member of its answer that holds it. */
  readonly read: (client: GenerativeAiClient, id: string) => Promise<object>;
  readonly listed: (client: GenerativeAiClient, id: string) => Promise<object>;
  readonly holds: string;
}

const ROWS: Readonly<Record<string, Row>> = {
  projects: {
    make: () =>
      control.projects.create({
        displayName: "support",
        conversationConfig: { responsesRetentionInHours: 24, conversationsRetentionInHours: 48 },
        longTermMemoryConfig: {
          standardLongTermMemoryStrategy: {
            isEnabled: true,
            extractionConfig: { llmSelection: { modelId: "openai.gpt-oss-120b" } },
          },
        },
        shortTermMemoryOptimizationConfig: { isEnabled: false },
        freeformTags: { team: "a" },
        definedTags: { ops: { cost: "42" } },
      }),
    face: ({ projects }) => projects,
    read: (client, generativeAiProjectId) => client.getGenerativeAiProject({ generativeAiProjectId }),
    listed: (client, id) => client.listGenerativeAiProjects({ compartmentId, id }),
    holds: "generativeAiProject",
  },
  apiKeys: {
    make: () =>
      control.apiKeys.create({
        displayName: "ci",
        keyDetails: [{ keyName: "one", timeExpiry: "2099-01-01T00:00:00Z" }, { keyName: "two" }],
      }),
    face: ({ apiKeys }) => apiKeys,
    read: (client, apiKeyId) => client.getApiKey({ apiKeyId }),
    listed: (client, id) => client.listApiKeys({ compartmentId, id }),
    holds: "apiKey",
  },
  semanticStores: {
    make: () =>
      control.semanticStores.create({
        displayName: "sales",
        dataSource: {
          queryingConnectionId: "ocid1.databasetoolsconnection.oc1..query",
          enrichmentConnectionId: "ocid1.databasetoolsconnection.oc1..enrich",
        },
        schemas: { schemas: [{ name: "SALES" }] },
        refreshSchedule: { type: "INTERVAL", value: "P1D" },
      }),
    face: ({ semanticStores }) => semanticStores,
    read: (client, semanticStoreId) => client.getSemanticStore({ semanticStoreId }),
    listed: (client, id) => client.listSemanticStores({ compartmentId, id }),
    holds: "semanticStore",
  },
  vectorStoreConnectors: {
    make: () =>
      control.vectorStoreConnectors.create({
        displayName: "bucket",
        vectorStoreId: "vs_1",
        configuration,
        scheduleConfig: { configType: "INTERVAL", frequency: "DAILY", interval: 2 },
      }),
    face: ({ vectorStoreConnectors }) => vectorStoreConnectors,
    read: (client, vectorStoreConnectorId) => client.getVectorStoreConnector({ vectorStoreConnectorId }),
    listed: (client, id) => client.listVectorStoreConnectors({ compartmentId, id }),
    holds: "vectorStoreConnector",
  },
  models: {
    make: async () =>
      control.models.create({
        displayName: "mine",
        baseModelId: await base(),
        fineTuneDetails: {
          dedicatedAiClusterId: await cluster("FINE_TUNING"),
          trainingDataset: { namespaceName: "n", bucketName: "b", objectName: "o.jsonl" },
          trainingConfig: { trainingConfigType: "LORA_TRAINING_CONFIG", loraR: 8, learningRate: 0.0002 },
        },
      }),
    face: ({ models }) => models,
    read: (client, modelId) => client.getModel({ modelId }),
    listed: (client, id) => client.listModels({ compartmentId, id }),
    holds: "model",
  },
  endpoints: {
    make: async () =>
      control.endpoints.create({
        displayName: "served",
        modelId: await base(),
        dedicatedAiClusterId: await cluster("HOSTING"),
        contentModerationConfig: { isEnabled: true, mode: "BLOCK" },
        piiDetectionConfig: { isEnabled: false },
      }),
    face: ({ endpoints }) => endpoints,
    read: (client, endpointId) => client.getEndpoint({ endpointId }),
    listed: (client, id) => client.listEndpoints({ compartmentId, id }),
    holds: "endpoint",
  },
  dedicatedAiClusters: {
    make: async () => control.dedicatedAiClusters.get(await cluster("HOSTING")),
    face: ({ dedicatedAiClusters }) => dedicatedAiClusters,
    read: (client, dedicatedAiClusterId) => client.getDedicatedAiCluster({ dedicatedAiClusterId }),
    listed: (client, id) => client.listDedicatedAiClusters({ compartmentId, id }),
    holds: "dedicatedAiCluster",
  },
};

/** The vendor makes dates of times; statistics are of the moment in which they are asked for. */
const onWire = (value: unknown): unknown =>
  JSON.parse(JSON.stringify(value), (name, member) => (name === "timeGenerated" ? undefined : member));
const held = async (answer: Promise<object>, name: string): Promise<object> => {
  const found: unknown = Reflect.get(await answer, name);
  return typeof found === "object" && found !== null ? found : {};
};

describe.each(Object.entries(ROWS))("%s", (_, { make, face, read, listed, holds }) => {
  const resource = face(control);

  test("are made, waited for, changed, listed and deleted", async () => {
    const made = await make();
    expect(made.id).toMatch(/^ocid1\./);
    expect(await resource.waitUntil(made.id, "ACTIVE", { pollMs: 1 })).toMatchObject({
      id: made.id,
      lifecycleState: "ACTIVE",
    });
    await resource.update(made.id, { displayName: "renamed", freeformTags: { by: "us" } });
    expect(await resource.get(made.id)).toMatchObject({ displayName: "renamed", freeformTags: { by: "us" } });
    expect(await all(resource.list({ displayName: "renamed", id: made.id }))).toMatchObject([
      { id: made.id },
    ]);
    await resource.delete(made.id);
    expect(await resource.waitUntil(made.id, "DELETED", { pollMs: 1 })).toMatchObject({
      lifecycleState: "DELETED",
    });
    expect(emulator.violations).toEqual([]);
  });

  test("are read as the vendor's client reads them, field by field", async () => {
    const { id } = await make();
    const { etag, ...ours } = await resource.get(id);
    const theirs = await read(vendor, id);
    expect(onWire(ours)).toEqual(onWire(await held(Promise.resolve(theirs), holds)));
    expect(etag).toBe(Reflect.get(theirs, "etag"));
    const [inList] = await all(resource.list({ id }));
    const collection = await held(listed(vendor, id), `${holds}Collection`);
    expect(onWire([inList])).toEqual(onWire(Reflect.get(collection, "items")));
  });

  test("are changed by those only who saw the last version", async () => {
    const { id } = await make();
    const seen = await resource.get(id);
    await resource.update(id, { description: "first" }, { ifMatch: seen.etag });
    await expect(
      resource.update(id, { description: "second" }, { ifMatch: seen.etag }),
    ).rejects.toMatchObject({
      name: "InvalidRequestError",
      code: "etag_mismatch",
      status: 412,
      hint: expect.stringContaining("ifMatch"),
    });
    await expect(resource.delete(id, { ifMatch: seen.etag })).rejects.toMatchObject({ status: 412 });
    await resource.delete(id, { ifMatch: (await resource.get(id)).etag });
  });
});

describe("what only some can do", () => {
  test.each(["projects", "apiKeys", "semanticStores", "endpoints", "dedicatedAiClusters"] as const)(
    "%s move to another compartment",
    async (name) => {
      const row = ROWS[name];
      const { id } = (await row?.make()) ?? { id: "" };
      await control[name].changeCompartment(id, cloud.config.tenancyId);
      expect(await control[name].get(id)).toMatchObject({ compartmentId: cloud.config.tenancyId });
    },
  );

  test("a model moves to another compartment", async () => {
    const made = await ROWS.models?.make();
    const id = made?.id ?? "";
    await control.models.waitUntil(id, "ACTIVE", { pollMs: 1 });
    await control.models.changeCompartment(id, cloud.config.tenancyId);
    expect(await control.models.get(id)).toMatchObject({ compartmentId: cloud.config.tenancyId });
  });

  test("an API key's secrets are renewed, turned off and on", async () => {
    const { id } = (await ROWS.apiKeys?.make()) ?? { id: "" };
    const renewed = await control.apiKeys.renew(id, { keyName: "one", timeExpiry: "2098-01-01T00:00:00Z" });
    const [one, two] = renewed.keys;
    expect(one?.key?.reveal()).toMatch(/^sk-/);
    expect(two?.key).toBeUndefined();
    expect(Date.parse(one?.timeExpiry ?? "")).toBe(Date.parse("2098-01-01T00:00:00Z"));
    const off = await control.apiKeys.setState(id, { keyName: "two", state: "INACTIVE" });
    expect(off.keys.map(({ state }) => state)).toEqual(["ACTIVE", "INACTIVE"]);
    const on = await control.apiKeys.setState(id, { keyName: "two", state: "ACTIVE" });
    expect(on.keys.map(({ state }) => state)).toEqual(["ACTIVE", "ACTIVE"]);
  });

  test("a connector runs, tells what it did with which file, and its runs are listed", async () => {
    const { id } = await connector();
    const { vectorStoreConnectors } = control;
    const { fileSyncs } = vectorStoreConnectors;
    await vectorStoreConnectors.waitUntil(id, "ACTIVE", { pollMs: 1 });
    const run = await fileSyncs.create({ vectorStoreConnectorId: id, displayName: "now" });
    const done = await fileSyncs.waitUntil(run.id, "SUCCEEDED", { pollMs: 1 });
    expect(done).toMatchObject({ vectorStoreConnectorId: id, triggerType: "MANUAL" });
    const stats = await vectorStoreConnectors.stats(id);
    expect(stats.created).toEqual({ totalFilesSynced: 2, syncStatsByFileType: { md: 1, pdf: 1 } });
    const logs = await all(vectorStoreConnectors.ingestionLogs(id, { status: "COMPLETED", limit: 1 }));
    expect(logs.map(({ filePath }) => filePath)).toEqual(["n/b/a.md", "n/b/b.pdf"]);
    expect(await all(fileSyncs.ingestionLogs(run.id))).toHaveLength(2);
    expect(await all(fileSyncs.list({ vectorStoreConnectorId: id }))).toMatchObject([{ id: run.id }]);
    const { vectorStoreConnectorFileSync } = await vendor.getVectorStoreConnectorFileSync({
      vectorStoreConnectorFileSyncId: run.id,
    });
    const { etag: _, ...ours } = await fileSyncs.get(run.id);
    expect(onWire(ours)).toEqual(onWire(vectorStoreConnectorFileSync));
    const theirs = await vendor.getVectorStoreConnectorStats({ vectorStoreConnectorId: id });
    const { etag: __, ...counted } = stats;
    expect(onWire(counted)).toEqual(onWire(theirs.vectorStoreConnectorStats));
  });

  test("work requests tell how far the service is, as the vendor's client reads it", async () => {
    const { id, workRequestId = "" } = await control.projects.create({ displayName: "p" });
    const done = await control.workRequests.waitUntil(workRequestId, "SUCCEEDED", { pollMs: 1 });
    expect(done).toMatchObject({
      operationType: "CREATE_GENERATIVE_AI_PROJECT",
      percentComplete: 100,
      resources: [{ identifier: id, actionType: "CREATED" }],
    });
    const { workRequest } = await vendor.getWorkRequest({ workRequestId });
    const { etag: _, ...ours } = done;
    expect(onWire(ours)).toEqual(onWire(workRequest));
    expect(await all(control.workRequests.list({ resourceId: id }))).toMatchObject([{ id: workRequestId }]);
    expect(await all(control.workRequests.logs(workRequestId))).toHaveLength(3);
    expect(await all(control.workRequests.errors(workRequestId))).toEqual([]);
  });

  test("models are listed by vendor and by several capabilities", async () => {
    const models = await all(control.models.list({ vendor: "cohere", capability: ["CHAT", "TEXT_RERANK"] }));
    const names = models.map(({ displayName }) => displayName);
    expect(names).toEqual(expect.arrayContaining(["cohere.command-a-03-2025", "cohere.rerank-v3.5"]));
    expect(new Set(models.map(({ vendor: by }) => by))).toEqual(new Set(["cohere"]));
  });
});
