// Connectors with their file syncs, and dedicated endpoints on the native data plane, through the vendor's clients.
import { models } from "oci-generativeai";
import { afterAll, afterEach, describe, expect, it, vi } from "vitest";
import { started, testConfig } from "../../test/support/client.ts";
import { controlClient, refusedWith } from "../../test/support/control.ts";
import { nativeClient } from "../../test/support/native.ts";

const config = await testConfig();
const { emulator, ...session } = await started(config, { control: { transitionMs: 20_000 } });
afterEach(() => {
  emulator.reset();
  vi.useRealTimers();
});
afterAll(async () => {
  await session[Symbol.asyncDispose]();
  await config[Symbol.asyncDispose]();
});

const client = controlClient(emulator, config);
const { compartmentId } = config;

async function connectorOf(): Promise<string> {
  const { vectorStoreConnector } = await client.createVectorStoreConnector({
    createVectorStoreConnectorDetails: {
      compartmentId,
      displayName: "bucket",
      vectorStoreId: "vs_1",
      configuration: {
        type: "OBJECT_STORAGE_FILES",
        storageConfigList: [{ namespace: "n", bucketName: "b", prefixList: ["a.md", "b.md", "c.pdf"] }],
      },
    },
  });
  return vectorStoreConnector.id;
}

const sync = (vectorStoreConnectorId: string): ReturnType<typeof client.createVectorStoreConnectorFileSync> =>
  client.createVectorStoreConnectorFileSync({
    createVectorStoreConnectorFileSyncDetails: { vectorStoreConnectorId },
  });

describe("a file sync", () => {
  it("runs to its end, with statistics and logs of each file on the way", async () => {
    const vectorStoreConnectorId = await connectorOf();
    await expect(sync(vectorStoreConnectorId)).rejects.toMatchObject(refusedWith(409, "IncorrectState"));
    emulator.clock.advance(20_000);
    const { vectorStoreConnectorFileSync: made } = await sync(vectorStoreConnectorId);
    expect(made).toMatchObject({ lifecycleState: "ACCEPTED", triggerType: "MANUAL", compartmentId });
    const vectorStoreConnectorFileSyncId = made.id;
    const running = await client.getVectorStoreConnectorStats({ vectorStoreConnectorId });
    expect(running.vectorStoreConnectorStats).toMatchObject({ inProgress: { totalFilesSynced: 3 } });
    emulator.clock.advance(20_000);
    const { vectorStoreConnectorFileSync: ended } = await client
      .getWaiters()
      .forVectorStoreConnectorFileSync(
        { vectorStoreConnectorFileSyncId },
        models.VectorStoreConnectorFileSync.LifecycleState.Succeeded,
      );
    expect(ended).toMatchObject({ durationInSeconds: 20, stats: { created: { totalFilesSynced: 3 } } });
    const { vectorStoreConnectorStats } = await client.getVectorStoreConnectorStats({
      vectorStoreConnectorId,
    });
    expect(vectorStoreConnectorStats).toMatchObject({
      timeGenerated: expect.stringMatching(/Z$/),
      created: { totalFilesSynced: 3, syncStatsByFileType: { md: 2, pdf: 1 } },
    });
    const first = await client.listVectorStoreConnectorIngestionLogs({
      vectorStoreConnectorId,
      limit: 2,
      sortBy: "filePath" as never,
    });
    const second = await client.listVectorStoreConnectorIngestionLogs({
      vectorStoreConnectorId,
      limit: 2,
      sortBy: "filePath" as never,
      page: first.opcNextPage,
    });
    const logs = [first, second].flatMap(
      ({ vectorStoreConnectorIngestionLogsCollection }) => vectorStoreConnectorIngestionLogsCollection.items,
    );
    expect(logs.map(({ filePath, status }) => [filePath, status])).toEqual([
      ["n/b/a.md", "COMPLETED"],
      ["n/b/b.md", "COMPLETED"],
      ["n/b/c.pdf", "COMPLETED"],
    ]);
    const own = await client.listVectorStoreConnectorFileSyncIngestionLogs({
      vectorStoreConnectorFileSyncId,
    });
    expect(own.fileSyncIngestionLogsCollection.items).toHaveLength(3);
    const listed = await client.listVectorStoreConnectorFileSyncs({ compartmentId, vectorStoreConnectorId });
    expect(listed.vectorStoreConnectorFileSyncCollection.items).toMatchObject([{ id: made.id }]);
  });

  it("can be cancelled while it runs, and its work with it", async () => {
    const vectorStoreConnectorId = await connectorOf();
    emulator.clock.advance(20_000);
    const { vectorStoreConnectorFileSync, opcWorkRequestId } = await sync(vectorStoreConnectorId);
    const vectorStoreConnectorFileSyncId = vectorStoreConnectorFileSync.id;
    const cancel = (): Promise<unknown> =>
      client.cancelVectorStoreConnectorFileSync({ vectorStoreConnectorFileSyncId });
    await cancel();
    expect((await client.getWorkRequest({ workRequestId: opcWorkRequestId })).workRequest.status).toBe(
      "CANCELED",
    );
    emulator.clock.advance(20_000);
    const seen = await client.getVectorStoreConnectorFileSync({ vectorStoreConnectorFileSyncId });
    expect(seen.vectorStoreConnectorFileSync.lifecycleState).toBe("CANCELED");
    await expect(cancel()).rejects.toMatchObject(refusedWith(409, "IncorrectState"));
  });

  it("needs a connector", async () => {
    await expect(sync("ocid1.generativeaivectorstoreconnector.oc1..other")).rejects.toMatchObject(
      refusedWith(404, "NotAuthorizedOrNotFound"),
    );
  });
});

describe("an endpoint", () => {
  it("answers for its model on the native API from when it is ACTIVE until it is deleted", async () => {
    const displayName = "cohere.command-r-plus-08-2024";
    const { modelCollection } = await client.listModels({ compartmentId, displayName });
    const cluster = { compartmentId, unitCount: 1, unitShape: "LARGE_COHERE_V3" };
    const tuning = await client.createDedicatedAiCluster({
      createDedicatedAiClusterDetails: { ...cluster, type: "FINE_TUNING" },
    });
    const hosting = await client.createDedicatedAiCluster({
      createDedicatedAiClusterDetails: { ...cluster, type: "HOSTING" },
    });
    emulator.clock.advance(20_000);
    const { model } = await client.createModel({
      createModelDetails: {
        compartmentId,
        baseModelId: modelCollection.items[0]?.id ?? "",
        fineTuneDetails: {
          dedicatedAiClusterId: tuning.dedicatedAiCluster.id,
          trainingDataset: {
            datasetType: "OBJECT_STORAGE",
            namespaceName: "n",
            bucketName: "b",
            objectName: "o.jsonl",
          },
        },
      },
    });
    emulator.clock.advance(20_000);
    expect((await client.getModel({ modelId: model.id })).model).toMatchObject({
      type: "CUSTOM",
      vendor: "cohere",
      capabilities: ["CHAT", "FINE_TUNE"],
    });
    const { endpoint } = await client.createEndpoint({
      createEndpointDetails: {
        compartmentId,
        modelId: model.id,
        dedicatedAiClusterId: hosting.dedicatedAiCluster.id,
      },
    });
    const ask = (): ReturnType<ReturnType<typeof nativeClient>["chat"]> =>
      nativeClient(emulator, config).chat({
        chatDetails: {
          compartmentId,
          servingMode: { servingType: "DEDICATED", endpointId: endpoint.id },
          chatRequest: { apiFormat: "COHERE", message: "Hi" },
        },
      });
    const hidden = refusedWith(404, "NotAuthorizedOrNotFound");
    await expect(ask()).rejects.toMatchObject(hidden);
    emulator.clock.advance(20_000);
    expect(await ask()).toMatchObject({ chatResult: { modelId: displayName } });
    await client.deleteEndpoint({ endpointId: endpoint.id });
    await expect(ask()).rejects.toMatchObject(hidden);
  });
});
