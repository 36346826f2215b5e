// The control plane's resources, driven by the vendor's own client: life, lists, etags, retry tokens, refusals.
import { ConfigFileAuthenticationDetailsProvider } from "oci-common";
import type { GenerativeAiClient, models } from "oci-generativeai";
import { afterAll, afterEach, describe, expect, it, vi } from "vitest";
import { signedFetch, started, testConfig } from "../../test/support/client.ts";
import { controlClient, refusedWith } from "../../test/support/control.ts";
import { createClock } from "../clock.ts";
import type { ControlResource } from "../index.ts";
import type { Resource } from "./lifecycle.ts";
import { ControlPlane } from "./resources.ts";

const config = await testConfig();
const { emulator, ...session } = await started(config);
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
const waiters = (from: GenerativeAiClient = client): ReturnType<GenerativeAiClient["getWaiters"]> =>
  from.getWaiters();
const hourMs = 3_600_000;
/** Moves both clocks: the vendor's client signs by its own. */
const later = (ms: number): unknown => vi.setSystemTime(Date.now() + ms);
const hidden = refusedWith(404, "NotAuthorizedOrNotFound");

const clusterDetails = (type = "HOSTING"): models.CreateDedicatedAiClusterDetails => ({
  compartmentId,
  type,
  unitCount: 1,
  unitShape: "LARGE_GENERIC",
});

async function clusterOf(type = "HOSTING"): Promise<string> {
  const made = await client.createDedicatedAiCluster({
    createDedicatedAiClusterDetails: clusterDetails(type),
  });
  return made.dedicatedAiCluster.id;
}

async function modelOf(displayName = "cohere.command-r-plus-08-2024"): Promise<string> {
  const { modelCollection } = await client.listModels({ compartmentId, displayName });
  return modelCollection.items[0]?.id ?? "";
}

const semanticStoreDetails: models.CreateSemanticStoreDetails = {
  compartmentId,
  displayName: "sales",
  dataSource: {
    connectionType: "DATABASE_TOOLS_CONNECTION",
    queryingConnectionId: "ocid1.databasetoolsconnection.oc1..query",
    enrichmentConnectionId: "ocid1.databasetoolsconnection.oc1..enrich",
  },
  schemas: { connectionType: "DATABASE_TOOLS_CONNECTION", schemas: [{ name: "SALES" }] },
  refreshSchedule: { type: "INTERVAL", value: "P1D" },
};

const connectorDetails: models.CreateVectorStoreConnectorDetails = {
  compartmentId,
  displayName: "bucket",
  vectorStoreId: "vs_1",
  configuration: {
    type: "OBJECT_STORAGE_FILES",
    storageConfigList: [{ namespace: "n", bucketName: "b", prefixList: ["a.md", "b.md", "c.pdf"] }],
  },
  scheduleConfig: { configType: "CRON", cronExpression: "0 3 * * *" },
};

/** What every resource goes through, in the vendor's words. */
interface Life {
  create(): Promise<{ readonly id: string; readonly lifecycleState?: string }>;
  wait(id: string): Promise<unknown>;
  get(id: string): Promise<{ readonly lifecycleState?: string; readonly displayName?: string }>;
  list(id: string): Promise<readonly { readonly id: string }[]>;
  update(id: string, displayName: string): Promise<unknown>;
  remove(id: string): Promise<unknown>;
}

const lives: Readonly<Record<string, Life>> = {
  generativeAiProjects: {
    create: async () =>
      (
        await client.createGenerativeAiProject({
          createGenerativeAiProjectDetails: { compartmentId, displayName: "p" },
        })
      ).generativeAiProject,
    wait: (id) => waiters().forGenerativeAiProject({ generativeAiProjectId: id }, "ACTIVE" as never),
    get: async (id) =>
      (await client.getGenerativeAiProject({ generativeAiProjectId: id })).generativeAiProject,
    list: async (id) =>
      (await client.listGenerativeAiProjects({ compartmentId, id })).generativeAiProjectCollection.items,
    update: (id, displayName) =>
      client.updateGenerativeAiProject({
        generativeAiProjectId: id,
        updateGenerativeAiProjectDetails: { displayName },
      }),
    remove: (id) => client.deleteGenerativeAiProject({ generativeAiProjectId: id }),
  },
  semanticStores: {
    create: async () =>
      (await client.createSemanticStore({ createSemanticStoreDetails: semanticStoreDetails })).semanticStore,
    wait: (id) => waiters().forSemanticStore({ semanticStoreId: id }, "ACTIVE" as never),
    get: async (id) => (await client.getSemanticStore({ semanticStoreId: id })).semanticStore,
    list: async (id) =>
      (await client.listSemanticStores({ compartmentId, id })).semanticStoreCollection.items,
    update: (id, displayName) =>
      client.updateSemanticStore({ semanticStoreId: id, updateSemanticStoreDetails: { displayName } }),
    remove: (id) => client.deleteSemanticStore({ semanticStoreId: id }),
  },
  vectorStoreConnectors: {
    create: async () =>
      (await client.createVectorStoreConnector({ createVectorStoreConnectorDetails: connectorDetails }))
        .vectorStoreConnector,
    wait: (id) => waiters().forVectorStoreConnector({ vectorStoreConnectorId: id }, "ACTIVE" as never),
    get: async (id) =>
      (await client.getVectorStoreConnector({ vectorStoreConnectorId: id })).vectorStoreConnector,
    list: async (id) =>
      (await client.listVectorStoreConnectors({ compartmentId, id })).vectorStoreConnectorCollection.items,
    update: (id, displayName) =>
      client.updateVectorStoreConnector({
        vectorStoreConnectorId: id,
        updateVectorStoreConnectorDetails: { displayName },
      }),
    remove: (id) => client.deleteVectorStoreConnector({ vectorStoreConnectorId: id }),
  },
  dedicatedAiClusters: {
    create: async () =>
      (await client.createDedicatedAiCluster({ createDedicatedAiClusterDetails: clusterDetails() }))
        .dedicatedAiCluster,
    wait: (id) => waiters().forDedicatedAiCluster({ dedicatedAiClusterId: id }, "ACTIVE" as never),
    get: async (id) => (await client.getDedicatedAiCluster({ dedicatedAiClusterId: id })).dedicatedAiCluster,
    list: async (id) =>
      (await client.listDedicatedAiClusters({ compartmentId, id })).dedicatedAiClusterCollection.items,
    update: (id, displayName) =>
      client.updateDedicatedAiCluster({
        dedicatedAiClusterId: id,
        updateDedicatedAiClusterDetails: { displayName },
      }),
    remove: (id) => client.deleteDedicatedAiCluster({ dedicatedAiClusterId: id }),
  },
  endpoints: {
    create: async () =>
      (
        await client.createEndpoint({
          createEndpointDetails: {
            compartmentId,
            modelId: await modelOf(),
            dedicatedAiClusterId: await clusterOf(),
          },
        })
      ).endpoint,
    wait: (id) => waiters().forEndpoint({ endpointId: id }, "ACTIVE" as never),
    get: async (id) => (await client.getEndpoint({ endpointId: id })).endpoint,
    list: async (id) => (await client.listEndpoints({ compartmentId, id })).endpointCollection.items,
    update: (id, displayName) =>
      client.updateEndpoint({ endpointId: id, updateEndpointDetails: { displayName } }),
    remove: (id) => client.deleteEndpoint({ endpointId: id }),
  },
  models: {
    create: async () =>
      (
        await client.createModel({
          createModelDetails: {
            compartmentId,
            baseModelId: await modelOf(),
            fineTuneDetails: {
              dedicatedAiClusterId: await clusterOf("FINE_TUNING"),
              trainingDataset: {
                datasetType: "OBJECT_STORAGE",
                namespaceName: "n",
                bucketName: "b",
                objectName: "o.jsonl",
              },
            },
          },
        })
      ).model,
    wait: (id) => waiters().forModel({ modelId: id }, "ACTIVE" as never),
    get: async (id) => (await client.getModel({ modelId: id })).model,
    list: async (id) => (await client.listModels({ compartmentId, id })).modelCollection.items,
    update: (id, displayName) => client.updateModel({ modelId: id, updateModelDetails: { displayName } }),
    remove: (id) => client.deleteModel({ modelId: id }),
  },
};

describe.each(Object.entries(lives))("%s", (_, life) => {
  it("are created, waited for, listed, updated and deleted by the vendor's client", async () => {
    const { id, lifecycleState } = await life.create();
    expect(lifecycleState).toBe("CREATING");
    await life.wait(id);
    expect(await life.get(id)).toMatchObject({ id, compartmentId, lifecycleState: "ACTIVE" });
    await life.create();
    expect(await life.list(id)).toMatchObject([{ id, lifecycleState: "ACTIVE" }]);
    await life.update(id, "renamed");
    expect(await life.get(id)).toMatchObject({ displayName: "renamed", lifecycleState: "ACTIVE" });
    await life.remove(id);
    expect(await life.get(id)).toMatchObject({ lifecycleState: "DELETED" });
    await expect(life.remove(id)).rejects.toMatchObject(hidden);
    later(25 * hourMs);
    await expect(life.get(id)).rejects.toMatchObject(hidden);
  });
});

const make = (displayName: string, more: object = {}): ReturnType<typeof client.createGenerativeAiProject> =>
  client.createGenerativeAiProject({
    createGenerativeAiProjectDetails: { compartmentId, displayName },
    ...more,
  });

describe("changes that take time", () => {
  it("show their states on the emulator's clock, and their work", async () => {
    await using slow = await started(config, { control: { transitionMs: 60_000 } });
    const other = controlClient(slow.emulator, config);
    const { generativeAiProject, opcWorkRequestId } = await other.createGenerativeAiProject({
      createGenerativeAiProjectDetails: { compartmentId },
    });
    const generativeAiProjectId = generativeAiProject.id;
    const look = async (): Promise<unknown> =>
      (await other.getGenerativeAiProject({ generativeAiProjectId })).generativeAiProject.lifecycleState;
    const work = async (): Promise<models.WorkRequest> =>
      (await other.getWorkRequest({ workRequestId: opcWorkRequestId })).workRequest;
    const update = (): Promise<unknown> =>
      other.updateGenerativeAiProject({
        generativeAiProjectId,
        updateGenerativeAiProjectDetails: { description: "d" },
      });
    slow.emulator.clock.advance(30_000);
    expect(await look()).toBe("CREATING");
    const half = await work();
    expect(half).toMatchObject({ status: "IN_PROGRESS", resources: [{ actionType: "IN_PROGRESS" }] });
    expect(half.percentComplete).toBeGreaterThanOrEqual(50);
    expect(half.percentComplete).toBeLessThan(100);
    await expect(update()).rejects.toMatchObject(refusedWith(409, "IncorrectState"));
    slow.emulator.clock.advance(30_000);
    expect(await look()).toBe("ACTIVE");
    expect(await work()).toMatchObject({
      status: "SUCCEEDED",
      percentComplete: 100,
      resources: [
        {
          entityType: "GenerativeAiProject",
          actionType: "CREATED",
          identifier: generativeAiProjectId,
          entityUri: `/20231130/generativeAiProjects/${generativeAiProjectId}`,
        },
      ],
    });
    await update();
    expect(await look()).toBe("UPDATING");
    slow.emulator.clock.advance(60_000);
    await other.deleteGenerativeAiProject({ generativeAiProjectId });
    expect(await look()).toBe("DELETING");
    await expect(other.deleteGenerativeAiProject({ generativeAiProjectId })).rejects.toMatchObject(
      refusedWith(409, "IncorrectState"),
    );
    slow.emulator.clock.advance(60_000);
    expect(await look()).toBe("DELETED");
    const listed = await other.listWorkRequests({ compartmentId, resourceId: generativeAiProjectId });
    expect(listed.workRequestSummaryCollection.items.map(({ operationType }) => operationType)).toEqual([
      "DELETE_GENERATIVE_AI_PROJECT",
      "UPDATE_GENERATIVE_AI_PROJECT",
      "CREATE_GENERATIVE_AI_PROJECT",
    ]);
  });

  it("can fail: the resource, its work request, and the errors of that say why", async () => {
    const fail = (resource: ControlResource, body: object): string | undefined =>
      resource === "generativeAiProjects" && "description" in body ? "No capacity." : undefined;
    await using broken = await started(config, { control: { fail } });
    const other = controlClient(broken.emulator, config);
    const { generativeAiProject: project, opcWorkRequestId: workRequestId } =
      await other.createGenerativeAiProject({
        createGenerativeAiProjectDetails: { compartmentId, description: "d" },
      });
    expect(await other.getGenerativeAiProject({ generativeAiProjectId: project.id })).toMatchObject({
      generativeAiProject: { lifecycleState: "FAILED", lifecycleDetails: "No capacity." },
    });
    const waited = await waiters(other).forWorkRequest({ workRequestId });
    expect(waited.workRequest).toMatchObject({ status: "FAILED", resources: [{ actionType: "FAILED" }] });
    const { workRequestErrorCollection } = await other.listWorkRequestErrors({ workRequestId });
    expect(workRequestErrorCollection.items).toMatchObject([{ message: "No capacity." }]);
    const { workRequestLogEntryCollection } = await other.listWorkRequestLogs({ workRequestId });
    expect(workRequestLogEntryCollection.items).toHaveLength(3);
    await other.deleteGenerativeAiProject({ generativeAiProjectId: project.id });
  });
});

describe("retry tokens", () => {
  it("answer the same request again with the same resource, for a day", async () => {
    const first = await make("a", { opcRetryToken: "token" });
    const again = await make("a", { opcRetryToken: "token" });
    expect([again.generativeAiProject.id, again.opcWorkRequestId]).toEqual([
      first.generativeAiProject.id,
      first.opcWorkRequestId,
    ]);
    await expect(make("b", { opcRetryToken: "token" })).rejects.toMatchObject(
      refusedWith(409, "InvalidatedRetryToken"),
    );
    later(25 * hourMs);
    expect((await make("b", { opcRetryToken: "token" })).generativeAiProject.displayName).toBe("b");
    const { generativeAiProjectCollection } = await client.listGenerativeAiProjects({ compartmentId });
    expect(generativeAiProjectCollection.items.map(({ displayName }) => displayName)).toEqual(["b", "a"]);
  });

  it("find what was made although its answer was lost", async () => {
    emulator.fault({
      path: "/20231130/generativeAiProjects",
      method: "POST",
      reset: true,
      afterEffect: true,
    });
    await expect(make("a", { opcRetryToken: "token" })).rejects.toThrow();
    const { generativeAiProject } = await make("a", { opcRetryToken: "token" });
    const { generativeAiProjectCollection } = await client.listGenerativeAiProjects({ compartmentId });
    expect(generativeAiProjectCollection.items.map(({ id }) => id)).toEqual([generativeAiProject.id]);
  });

  it("are of no use for what has been deleted since, and not used up by a refusal", async () => {
    const foreign = { compartmentId: "ocid1.compartment.oc1..other", displayName: "a" };
    const refused = client.createGenerativeAiProject({
      createGenerativeAiProjectDetails: foreign,
      opcRetryToken: "token",
    });
    await expect(refused).rejects.toMatchObject(hidden);
    const { generativeAiProject } = await make("a", { opcRetryToken: "token" });
    await client.deleteGenerativeAiProject({ generativeAiProjectId: generativeAiProject.id });
    await expect(make("a", { opcRetryToken: "token" })).rejects.toMatchObject(
      refusedWith(409, "InvalidatedRetryToken"),
    );
  });
});

describe("etags", () => {
  it("let only those change a resource who have seen its last version", async () => {
    const { generativeAiProject, etag } = await make("a");
    const generativeAiProjectId = generativeAiProject.id;
    const update = (ifMatch: string): ReturnType<typeof client.updateGenerativeAiProject> =>
      client.updateGenerativeAiProject({
        generativeAiProjectId,
        ifMatch,
        updateGenerativeAiProjectDetails: { displayName: "b" },
      });
    const changed = await update(etag);
    expect(changed.etag).not.toBe(etag);
    await expect(update(etag)).rejects.toMatchObject(refusedWith(412, "NoEtagMatch"));
    await expect(
      client.deleteGenerativeAiProject({ generativeAiProjectId, ifMatch: etag }),
    ).rejects.toMatchObject(refusedWith(412, "NoEtagMatch"));
    const seen = await client.getGenerativeAiProject({ generativeAiProjectId });
    expect(seen.etag).toBe(changed.etag);
    await client.deleteGenerativeAiProject({ generativeAiProjectId, ifMatch: seen.etag });
  });
});

describe("lists", () => {
  const names = async (more: object): Promise<readonly string[]> => {
    const { generativeAiProjectCollection } = await client.listGenerativeAiProjects({
      compartmentId,
      ...more,
    });
    return generativeAiProjectCollection.items.map(({ displayName }) => displayName);
  };

  it("come in pages that join to the whole, whatever comes and goes between them", async () => {
    for (const name of ["e", "a", "d", "b", "c"]) await make(name);
    expect(await names({})).toEqual(["c", "b", "d", "a", "e"]);
    expect(await names({ sortBy: "displayName" })).toEqual(["a", "b", "c", "d", "e"]);
    const sorted = { compartmentId, sortBy: "displayName" as never, sortOrder: "DESC" as never, limit: 2 };
    const first = await client.listGenerativeAiProjects(sorted);
    await make("z");
    const second = await client.listGenerativeAiProjects({ ...sorted, page: first.opcNextPage });
    const third = await client.listGenerativeAiProjects({ ...sorted, page: second.opcNextPage });
    expect(
      [first, second, third].map(({ generativeAiProjectCollection }) =>
        generativeAiProjectCollection.items.map(({ displayName }) => displayName),
      ),
    ).toEqual([["e", "d"], ["c", "b"], ["a"]]);
    expect(third.opcNextPage).toBeFalsy();
  });

  it("are filtered by name, id and lifecycle state", async () => {
    const { generativeAiProject } = await make("a");
    await make("b");
    await client.deleteGenerativeAiProject({ generativeAiProjectId: generativeAiProject.id });
    expect(await names({ displayName: "b" })).toEqual(["b"]);
    const comma = await make("b,a");
    expect(await names({ displayName: "b,a" })).toEqual(["b,a"]);
    await client.deleteGenerativeAiProject({ generativeAiProjectId: comma.generativeAiProject.id });
    expect(await names({ id: generativeAiProject.id })).toEqual(["a"]);
    expect(await names({ lifecycleState: "DELETED" })).toEqual(["b,a", "a"]);
    expect(await names({ lifecycleState: "ACTIVE" })).toEqual(["b"]);
  });

  it("are of one compartment, which must be right, and take no other limits, orders and pages", async () => {
    await make("a");
    expect(await names({ compartmentId: config.tenancyId })).toEqual([]);
    await expect(names({ compartmentId: "ocid1.compartment.oc1..other" })).rejects.toMatchObject(hidden);
    await expect(names({ compartmentId: undefined })).rejects.toMatchObject(
      refusedWith(400, "MissingParameter"),
    );
    for (const wrong of [
      { limit: 0 },
      { limit: 1001 },
      { sortBy: "id" },
      { sortOrder: "UP" },
      { page: "x" },
    ]) {
      await expect(names(wrong)).rejects.toMatchObject(refusedWith(400, "InvalidParameter"));
    }
  });
});

describe("bodies", () => {
  const create = (details: object): Promise<unknown> =>
    client.createDedicatedAiCluster({
      createDedicatedAiClusterDetails: { ...clusterDetails(), ...details },
    });

  it("miss nothing that is required", async () => {
    await expect(create({ unitShape: undefined })).rejects.toMatchObject({
      ...refusedWith(400, "MissingParameter"),
      message: expect.stringContaining("unitShape"),
    });
    const semantic = client.createSemanticStore({
      createSemanticStoreDetails: {
        ...semanticStoreDetails,
        schemas: { connectionType: "DATABASE_TOOLS_CONNECTION" } as never,
      },
    });
    await expect(semantic).rejects.toMatchObject({
      ...refusedWith(400, "MissingParameter"),
      message: expect.stringContaining("schemas.schemas"),
    });
  });

  it("are JSON objects", async () => {
    const provider = new ConfigFileAuthenticationDetailsProvider(config.configFile, "DEFAULT");
    for (const body of ["[]", "{", ""]) {
      const response = await signedFetch(provider)(`${emulator.controlUrl}/20231130/apikeys`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body,
      });
      expect([response.status, await response.json()]).toMatchObject([400, { code: "CannotParseRequest" }]);
    }
  });

  it("hold nothing unknown, of another type or out of range", async () => {
    await expect(create({ unitCount: "two" })).rejects.toMatchObject(refusedWith(400, "CannotParseRequest"));
    await expect(create({ unitCount: 0 })).rejects.toMatchObject(refusedWith(400, "InvalidParameter"));
    await expect(create({ type: "OTHER" })).rejects.toMatchObject(refusedWith(400, "InvalidParameter"));
    await expect(
      make("a", { createGenerativeAiProjectDetails: { compartmentId, conversationConfig: { hours: 1 } } }),
    ).rejects.toMatchObject({
      ...refusedWith(400, "CannotParseRequest"),
      message: expect.stringContaining("conversationConfig.hours"),
    });
  });
});

describe("what refers to something else", () => {
  it("needs it to be there, and keeps it from being deleted", async () => {
    const related = refusedWith(400, "RelatedResourceNotAuthorizedOrNotFound");
    const [modelId, dedicatedAiClusterId] = [await modelOf(), await clusterOf()];
    const create = (details: object): ReturnType<typeof client.createEndpoint> =>
      client.createEndpoint({
        createEndpointDetails: { compartmentId, modelId, dedicatedAiClusterId, ...details },
      });
    await expect(create({ modelId: "xai.grok-4" })).rejects.toMatchObject(related);
    await expect(create({ dedicatedAiClusterId: await clusterOf("FINE_TUNING") })).rejects.toMatchObject(
      related,
    );
    const { endpoint } = await create({});
    expect(await client.getDedicatedAiCluster({ dedicatedAiClusterId })).toMatchObject({
      dedicatedAiCluster: { capacity: { usedEndpointCapacity: 1 } },
    });
    await expect(client.deleteDedicatedAiCluster({ dedicatedAiClusterId })).rejects.toMatchObject(
      refusedWith(409, "IncorrectState"),
    );
    await client.deleteEndpoint({ endpointId: endpoint.id });
    await client.deleteDedicatedAiCluster({ dedicatedAiClusterId });
  });

  it("moves to another compartment of this tenancy and no other", async () => {
    const { semanticStore } = await client.createSemanticStore({
      createSemanticStoreDetails: semanticStoreDetails,
    });
    const semanticStoreId = semanticStore.id;
    const move = (to: string): ReturnType<typeof client.changeSemanticStoreCompartment> =>
      client.changeSemanticStoreCompartment({
        semanticStoreId,
        changeSemanticStoreCompartmentDetails: { compartmentId: to },
      });
    const { opcWorkRequestId } = await move(config.tenancyId);
    expect(await client.getWorkRequest({ workRequestId: opcWorkRequestId })).toMatchObject({
      workRequest: { operationType: "MOVE_SEMANTIC_STORE", status: "SUCCEEDED" },
    });
    expect((await client.getSemanticStore({ semanticStoreId })).semanticStore.compartmentId).toBe(
      config.tenancyId,
    );
    await expect(move("ocid1.compartment.oc1..other")).rejects.toMatchObject(hidden);
    const custom = await make("p");
    const moved = client.changeGenerativeAiProjectCompartment({
      generativeAiProjectId: custom.generativeAiProject.id,
      changeGenerativeAiProjectCompartmentDetails: { compartmentId: config.tenancyId },
    });
    expect((await moved).opcRequestId).toBeTruthy();
    const { generativeAiProjectCollection } = await client.listGenerativeAiProjects({
      compartmentId: config.tenancyId,
    });
    expect(generativeAiProjectCollection.items).toHaveLength(1);
  });
});

describe("the control plane's memory", () => {
  it("has room for ten thousand of a kind; what was deleted makes room, what is there does not", () => {
    const plane = new ControlPlane(createClock());
    const create = (): Resource | undefined =>
      plane.create("apikeys", { ocid: "generativeaiapikey", compartmentId, fields: {}, region: "r" }, {});
    const first = create();
    for (let index = 1; index < 10_000; index += 1) create();
    expect(create()).toBeUndefined();
    if (first !== undefined) plane.change(first, "delete");
    expect(create()).toBeDefined();
    expect(plane.find("apikeys", first?.id ?? "")).toBeUndefined();
  });
});
