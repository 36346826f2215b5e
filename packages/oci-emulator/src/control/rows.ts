// The control plane's resources, one row each: what they are made of, what they go through, what hangs on them.
import type { z } from "zod";
import { notFound, ociError } from "../http/envelopes.ts";
import type { JsonObject } from "../json.ts";
import type { EmulatorState } from "../state.ts";
import type { Refused } from "../surface/scope.ts";
import { baseModelOf } from "./base-models.ts";
import {
  apiKeyBodies,
  clusterBodies,
  connectorBodies,
  endpointBodies,
  fileSyncBodies,
  modelBodies,
  projectBodies,
  semanticStoreBodies,
} from "./bodies.ts";
import { nested, textOf } from "./fields.ts";
import { syncFields } from "./file-syncs.ts";
import {
  active,
  type ControlResource,
  type Lifecycle,
  type Resource,
  run,
  stateAt,
  usual,
  withoutUpdating,
} from "./lifecycle.ts";
import { forgetProject } from "./projects.ts";

export interface ResourceRow {
  readonly kind: ControlResource;
  /** Kind in its OCIDs. */
  readonly ocid: string;
  /** Name in work requests. */
  readonly entity: string;
  readonly bodies: { readonly create: z.ZodType<JsonObject>; readonly update?: z.ZodType<JsonObject> };
  readonly lifecycle: Lifecycle;
  /** Operation types of the work requests that mutations answer with; those that are missing answer with none. */
  readonly operations: Readonly<Partial<Record<"create" | "update" | "delete" | "move", string>>>;
  /** Filters of its list beside those that all have. */
  readonly filters?: Readonly<Record<string, readonly string[]>>;
  /** Fields of the body that are not shown again. */
  readonly hidden?: readonly string[];
  /** The compartment it goes into, where the body does not say so. */
  readonly compartmentOf?: (body: JsonObject, state: EmulatorState) => string | undefined;
  /** Whether what the body refers to is there. */
  readonly related?: (body: JsonObject, state: EmulatorState) => Refused | undefined;
  /** Whether something still hangs on it. */
  readonly inUse?: (resource: Resource, state: EmulatorState) => Refused | undefined;
  readonly onDelete?: (resource: Resource, state: EmulatorState) => void;
  /** Fields that the client did not give. */
  readonly extra?: (resource: Resource, state: EmulatorState) => JsonObject;
}

const unrelated = (reason: string): Refused => ({
  error: ociError(
    400,
    "RelatedResourceNotAuthorizedOrNotFound",
    "Authorization failed or a related resource was not found.",
  ),
  reason,
});

const busy = (reason: string): Refused => ({ error: ociError(409, "IncorrectState", `${reason}.`), reason });

/** A cluster of this type that is ready to be used. */
function checkCluster(id: string, type: string, state: EmulatorState): Refused | undefined {
  const cluster = state.control.find("dedicatedAiClusters", id);
  if (cluster === undefined || cluster.change.action === "delete") {
    return unrelated(`there is no dedicated AI cluster ${id}`);
  }
  if (cluster.fields.type !== type) return unrelated(`dedicated AI cluster ${id} is not of type ${type}`);
  if (stateAt(cluster, usual, state.control.nowMs) === active) return undefined;
  return busy(`Dedicated AI cluster ${id} is not ${active}`);
}

const checkModel = (id: string, state: EmulatorState): Refused | undefined =>
  baseModelOf(id, state) === undefined ? unrelated(`there is no model ${id} that is ${active}`) : undefined;

const endpointsOn = ({ id }: Resource, state: EmulatorState): readonly Resource[] =>
  state.control
    .all("endpoints")
    .filter(({ fields, change }) => fields.dedicatedAiClusterId === id && change.action !== "delete");

/** How many endpoints a cluster takes. */
const endpointCapacity = 50;

const projects: ResourceRow = {
  kind: "generativeAiProjects",
  ocid: "generativeaiproject",
  entity: "GenerativeAiProject",
  bodies: projectBodies,
  lifecycle: usual,
  operations: {
    create: "CREATE_GENERATIVE_AI_PROJECT",
    update: "UPDATE_GENERATIVE_AI_PROJECT",
    delete: "DELETE_GENERATIVE_AI_PROJECT",
  },
  onDelete: forgetProject,
};

export const apiKeys: ResourceRow = {
  kind: "apikeys",
  ocid: "generativeaiapikey",
  entity: "ApiKey",
  bodies: apiKeyBodies,
  lifecycle: usual,
  operations: {},
  hidden: ["keyDetails"],
  onDelete: ({ id }, state) => state.control.secrets.revokeAll(id),
  extra: (resource, state) => ({ keys: state.control.secrets.bodiesOf(resource, []) }),
};

const semanticStores: ResourceRow = {
  kind: "semanticStores",
  ocid: "generativeaisemanticstore",
  entity: "SemanticStore",
  bodies: semanticStoreBodies,
  lifecycle: usual,
  operations: {
    create: "CREATE_SEMANTIC_STORE",
    delete: "DELETE_SEMANTIC_STORE",
    move: "MOVE_SEMANTIC_STORE",
  },
  filters: { dataSourceQueryingConnectionId: ["dataSource", "queryingConnectionId"] },
  extra: ({ createdMs, updatedMs }) => ({ timeUpdated: new Date(updatedMs ?? createdMs).toISOString() }),
};

const connectors: ResourceRow = {
  kind: "vectorStoreConnectors",
  ocid: "generativeaivectorstoreconnector",
  entity: "VectorStoreConnector",
  bodies: connectorBodies,
  lifecycle: usual,
  operations: {
    create: "CREATE_VECTOR_STORE_CONNECTOR",
    update: "UPDATE_VECTOR_STORE_CONNECTOR",
    delete: "DELETE_VECTOR_STORE_CONNECTOR",
  },
  filters: { vectorStoreId: ["vectorStoreId"] },
  extra: (_, { trust }) => ({ tenantId: trust.current.tenancyId }),
};

export const fileSyncs: ResourceRow = {
  kind: "vectorStoreConnectorFileSyncs",
  ocid: "generativeaivectorstoreconnectorfilesync",
  entity: "VectorStoreConnectorFileSync",
  bodies: fileSyncBodies,
  lifecycle: run,
  operations: { create: "TRIGGER_FILE_SYNC", delete: "TRIGGER_FILE_SYNC" },
  filters: { vectorStoreConnectorId: ["vectorStoreConnectorId"] },
  compartmentOf: (body, { control }) =>
    control.find("vectorStoreConnectors", textOf(body, "vectorStoreConnectorId"))?.compartmentId,
  related: (body, { control }) => {
    const id = textOf(body, "vectorStoreConnectorId");
    const connector = control.find("vectorStoreConnectors", id);
    if (connector === undefined || connector.change.action === "delete") {
      return { error: notFound, reason: `there is no connector ${id}` };
    }
    if (stateAt(connector, usual, control.nowMs) === active) return undefined;
    return busy(`Connector ${id} is not ${active}`);
  },
  onDelete: ({ id }, { control }) => control.workRequests.cancel(id),
  extra: syncFields,
};

const clusters: ResourceRow = {
  kind: "dedicatedAiClusters",
  ocid: "generativeaidedicatedaicluster",
  entity: "DedicatedAiCluster",
  bodies: clusterBodies,
  lifecycle: usual,
  operations: {
    create: "CREATE_DEDICATED_AI_CLUSTER",
    update: "UPDATE_DEDICATED_AI_CLUSTER",
    delete: "DELETE_DEDICATED_AI_CLUSTER",
  },
  inUse: (cluster, state) =>
    endpointsOn(cluster, state).length === 0
      ? undefined
      : busy(`Dedicated AI cluster ${cluster.id} still hosts endpoints`),
  extra: (cluster, state) =>
    cluster.fields.type === "HOSTING"
      ? {
          capacity: {
            capacityType: "HOSTING_CAPACITY",
            totalEndpointCapacity: endpointCapacity,
            usedEndpointCapacity: endpointsOn(cluster, state).length,
          },
        }
      : {},
};

const endpoints: ResourceRow = {
  kind: "endpoints",
  ocid: "generativeaiendpoint",
  entity: "Endpoint",
  bodies: endpointBodies,
  lifecycle: usual,
  operations: { create: "CREATE_ENDPOINT", update: "UPDATE_ENDPOINT", delete: "DELETE_ENDPOINT" },
  related: (body, state) =>
    checkModel(textOf(body, "modelId"), state) ??
    checkCluster(textOf(body, "dedicatedAiClusterId"), "HOSTING", state),
};

export const customModels: ResourceRow = {
  kind: "models",
  ocid: "generativeaimodel",
  entity: "Model",
  bodies: modelBodies,
  lifecycle: withoutUpdating,
  operations: { create: "CREATE_MODEL", delete: "DELETE_MODEL" },
  filters: { capability: ["capabilities"], vendor: ["vendor"] },
  related: (body, state) => {
    const cluster = nested(body, "fineTuneDetails", "dedicatedAiClusterId");
    return (
      checkModel(textOf(body, "baseModelId"), state) ??
      checkCluster(typeof cluster === "string" ? cluster : "", "FINE_TUNING", state)
    );
  },
  extra: ({ fields }, state) => {
    const base = baseModelOf(textOf(fields, "baseModelId"), state);
    return {
      type: "CUSTOM",
      vendor: base?.vendor ?? "",
      version: base?.version ?? "",
      capabilities: base?.capabilities ?? [],
      isLongTermSupported: false,
    };
  },
};

export const rows: readonly ResourceRow[] = [
  projects,
  apiKeys,
  semanticStores,
  connectors,
  fileSyncs,
  clusters,
  endpoints,
  customModels,
];
