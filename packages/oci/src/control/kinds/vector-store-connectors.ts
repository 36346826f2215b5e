/** Connectors: what brings files of Object Storage into a vector store, once or on a schedule. */
import { checkKeys } from "@locus-sdk/core";
import type { Control } from "../client.ts";
import { type Fields, received, sent } from "../fields.ts";
import { FILTERS, LIFECYCLE, type ResourceKind } from "../kind.ts";
import { pages } from "../list.ts";
import { itemIn, resource } from "../resource.ts";
import {
  type CallOptions,
  type CreateDescribed,
  createDescribed,
  type Described,
  described,
  type KeptByName,
  type KeptQuery,
  keptByName,
  type LifecycleState,
  type ListQuery,
  type Open,
  type Resource,
} from "../types.ts";
import {
  connectorStats,
  type FileSyncs,
  fileSyncs,
  type IngestionLog,
  ingestionLog,
  type LogSortBy,
  type VectorStoreConnectorStats,
} from "./file-syncs.ts";

/** Where the files are. */
export interface ConnectorConfiguration {
  /** Default `OBJECT_STORAGE_FILES`. */
  readonly type?: Open<"OBJECT_STORAGE_FILES"> | undefined;
  readonly storageConfigList: readonly ObjectStorageConfig[];
}

export interface ObjectStorageConfig {
  readonly namespace: string;
  readonly bucketName: string;
  /** Only objects whose names begin like this. */
  readonly prefixList?: readonly string[] | undefined;
}

/** When the connector runs by itself. Times are ISO 8601. */
export interface ConnectorSchedule {
  readonly configType: Open<"CRON" | "INTERVAL">;
  readonly state?: Open<"ENABLED" | "DISABLED"> | undefined;
  /** Default: when the schedule is made. */
  readonly timeStart?: string | undefined;
  /** Default: never. */
  readonly timeEnd?: string | undefined;
  /** For `CRON`, as UNIX has it. */
  readonly cronExpression?: string | undefined;
  /** For `INTERVAL`: what the interval counts. */
  readonly frequency?: Open<"HOURLY" | "DAILY"> | undefined;
  /** For `INTERVAL`: hours or days. */
  readonly interval?: number | undefined;
}

export interface VectorStoreConnector extends KeptByName {
  /** Id of the vector store that is filled. */
  readonly vectorStoreId: string;
  readonly tenantId?: string | undefined;
  /** OCID of a secret of OCI Vault that decrypts what is read. */
  readonly vaultSecretId?: string | undefined;
  readonly scheduleConfig?: ConnectorSchedule | undefined;
  readonly configuration?: ConnectorConfiguration | undefined;
}

export interface CreateVectorStoreConnectorDetails extends CreateDescribed {
  readonly vectorStoreId: string;
  readonly displayName: string;
  readonly configuration: ConnectorConfiguration;
  readonly scheduleConfig?: ConnectorSchedule | undefined;
  readonly vaultSecretId?: string | undefined;
}

export interface UpdateVectorStoreConnectorDetails extends Described {
  readonly scheduleConfig?: ConnectorSchedule | undefined;
  readonly configuration?: ConnectorConfiguration | undefined;
}

export interface VectorStoreConnectorQuery extends KeptQuery<LifecycleState, "name" | "timeCreated"> {
  readonly vectorStoreId?: string | undefined;
}

export interface IngestionLogQuery extends ListQuery<LogSortBy> {
  readonly status?: IngestionLog["status"] | undefined;
}

interface ConnectorTypes {
  readonly item: VectorStoreConnector;
  readonly summary: VectorStoreConnector;
  readonly create: CreateVectorStoreConnectorDetails;
  readonly update: UpdateVectorStoreConnectorDetails;
  readonly query: VectorStoreConnectorQuery;
  readonly state: LifecycleState;
}

export interface VectorStoreConnectors extends Resource<ConnectorTypes> {
  /** The connector's runs: `create` starts one. */
  readonly fileSyncs: FileSyncs;
  /** How many files were brought in, changed, left out, …, in all runs so far. */
  stats(id: string, options?: CallOptions): Promise<VectorStoreConnectorStats>;
  /** What became of each file. */
  ingestionLogs(id: string, query?: IngestionLogQuery, options?: CallOptions): AsyncIterable<IngestionLog>;
}

const configuration = (of: Fields) =>
  of.object<ConnectorConfiguration>({
    type: of.variant("OBJECT_STORAGE_FILES"),
    storageConfigList: of.list(
      of.object<ObjectStorageConfig>({
        namespace: of.text,
        bucketName: of.text,
        prefixList: of.maybe(of.list(of.text)),
      }),
    ),
  });

const schedule = (of: Fields) =>
  of.maybe(
    of.object<ConnectorSchedule>({
      configType: of.text,
      state: of.maybe(of.text),
      timeStart: of.maybe(of.time),
      timeEnd: of.maybe(of.time),
      cronExpression: of.maybe(of.text),
      frequency: of.maybe(of.text),
      interval: of.maybe(of.number),
    }),
  );

const KIND: ResourceKind<ConnectorTypes> = {
  ...LIFECYCLE,
  name: "vectorStoreConnectors",
  one: "vector store connector",
  path: "vectorStoreConnectors",
  filters: [...FILTERS, "vectorStoreId"],
  item: received.object<VectorStoreConnector>({
    ...keptByName(received),
    vectorStoreId: received.text,
    tenantId: received.maybe(received.text),
    vaultSecretId: received.maybe(received.text),
    scheduleConfig: schedule(received),
    configuration: received.maybe(configuration(received)),
  }),
  create: sent.object<CreateVectorStoreConnectorDetails>({
    ...createDescribed(sent),
    displayName: sent.text,
    vectorStoreId: sent.text,
    configuration: configuration(sent),
    scheduleConfig: schedule(sent),
    vaultSecretId: sent.maybe(sent.text),
  }),
  update: sent.object<UpdateVectorStoreConnectorDetails>({
    ...described(sent),
    scheduleConfig: schedule(sent),
    configuration: sent.maybe(configuration(sent)),
  }),
};

export function vectorStoreConnectors(control: Control): VectorStoreConnectors {
  const { name, path } = KIND;
  return {
    ...resource(control, KIND),
    fileSyncs: fileSyncs(control),
    async stats(id, options = {}) {
      const operation = `${name}.stats`;
      checkKeys(operation, options, ["signal"]);
      const { signal } = options;
      const answer = await control.send({ operation, method: "GET", path: [path, id, "stats"], signal });
      return itemIn(operation, connectorStats, answer);
    },
    ingestionLogs: (id, query = {}, options = {}) =>
      pages(
        control,
        {
          operation: `${name}.ingestionLogs`,
          path: [path, id, "ingestionLogs"],
          item: ingestionLog,
          filters: ["status", "limit", "sortBy", "sortOrder"],
          inCompartment: false,
        },
        query,
        options,
      ),
  };
}
