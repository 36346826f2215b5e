/** File syncs: one run of a connector each, what it did, and with which file. */
import type { z } from "zod";
import type { Control } from "../client.ts";
import { received, sent } from "../fields.ts";
import { type CreatableKind, FILTERS, LIFECYCLE } from "../kind.ts";
import { pages } from "../list.ts";
import { creatable, readable, removing } from "../resource.ts";
import {
  type CallOptions,
  type ChangeOptions,
  type Creatable,
  type KeptByName,
  type KeptQuery,
  keptByName,
  type ListQuery,
  type Open,
  type Readable,
  type Tags,
  type Tracked,
  tagged,
  tracked,
} from "../types.ts";

/** A number of files, altogether and by their type. */
export interface FileSyncStatistics {
  readonly totalFilesSynced?: number | undefined;
  readonly syncStatsByFileType?: Readonly<Record<string, number>> | undefined;
}

/** What was done with how many files. */
export interface VectorStoreConnectorStats extends Tags, Tracked {
  /** ISO 8601. */
  readonly timeGenerated?: string | undefined;
  readonly created?: FileSyncStatistics | undefined;
  readonly updated?: FileSyncStatistics | undefined;
  readonly deleted?: FileSyncStatistics | undefined;
  readonly metadataUpdated?: FileSyncStatistics | undefined;
  readonly ignored?: FileSyncStatistics | undefined;
  readonly unsupported?: FileSyncStatistics | undefined;
  readonly inProgress?: FileSyncStatistics | undefined;
  readonly failed?: FileSyncStatistics | undefined;
}

/** What became of one file. */
export interface IngestionLog extends Tags {
  readonly fileId: string;
  readonly filePath: string;
  readonly status: Open<"COMPLETED" | "CANCELLED" | "FAILED" | "QUEUED" | "IN_PROGRESS">;
  readonly fileSizeInBytes?: number | undefined;
  readonly totalChunksCreated?: number | undefined;
  readonly durationInSeconds?: number | undefined;
  /** OCID of the run that brought it in. */
  readonly vectorStoreConnectorFileSyncId?: string | undefined;
}

export type LogSortBy = "status" | "fileSize" | "filePath";

export interface FileSyncLogQuery extends ListQuery<LogSortBy> {
  readonly lifecycleState?: string | undefined;
}

export type FileSyncState = "ACCEPTED" | "IN_PROGRESS" | "SUCCEEDED" | "FAILED" | "CANCELING" | "CANCELED";

export interface FileSync extends KeptByName<FileSyncState> {
  readonly vectorStoreConnectorId: string;
  readonly tenantId?: string | undefined;
  readonly triggerType?: Open<"MANUAL" | "SCHEDULED"> | undefined;
  readonly timeStarted?: string | undefined;
  readonly timeEnded?: string | undefined;
  readonly durationInSeconds?: number | undefined;
  readonly stats?: VectorStoreConnectorStats | undefined;
}

export interface CreateFileSyncDetails extends Tags {
  /** OCID of the connector that is to run. */
  readonly vectorStoreConnectorId: string;
  readonly displayName?: string | undefined;
}

export interface FileSyncQuery extends KeptQuery<FileSyncState> {
  readonly vectorStoreConnectorId?: string | undefined;
}

interface FileSyncTypes {
  readonly item: FileSync;
  readonly summary: FileSync;
  readonly create: CreateFileSyncDetails;
  readonly update: never;
  readonly query: FileSyncQuery;
  readonly state: FileSyncState;
}

export interface FileSyncs extends Readable<FileSyncTypes>, Creatable<FileSyncTypes> {
  /** Stops a run. Files that it has brought in stay. */
  cancel(id: string, options?: ChangeOptions): Promise<void>;
  /** What became of each file of the run. */
  ingestionLogs(id: string, query?: FileSyncLogQuery, options?: CallOptions): AsyncIterable<IngestionLog>;
}

const statistics = received.maybe(
  received.object<FileSyncStatistics>({
    totalFilesSynced: received.maybe(received.number),
    syncStatsByFileType: received.maybe(received.map(received.number)),
  }),
);

export const connectorStats: z.ZodType<VectorStoreConnectorStats> =
  received.object<VectorStoreConnectorStats>({
    ...tagged(received),
    ...tracked(received),
    timeGenerated: received.maybe(received.time),
    created: statistics,
    updated: statistics,
    deleted: statistics,
    metadataUpdated: statistics,
    ignored: statistics,
    unsupported: statistics,
    inProgress: statistics,
    failed: statistics,
  });

export const ingestionLog: z.ZodType<IngestionLog> = received.object<IngestionLog>({
  ...tagged(received),
  fileId: received.text,
  filePath: received.text,
  status: received.text,
  fileSizeInBytes: received.maybe(received.number),
  totalChunksCreated: received.maybe(received.number),
  durationInSeconds: received.maybe(received.number),
  vectorStoreConnectorFileSyncId: received.maybe(received.text),
});

/** A run ends, one way or another, and stays so. */
const RUN = {
  states: ["ACCEPTED", "IN_PROGRESS", "SUCCEEDED", "FAILED", "CANCELING", "CANCELED"],
  ends: { SUCCEEDED: [], FAILED: [], CANCELED: [] },
} as const;

const KIND: CreatableKind<FileSyncTypes> = {
  ...LIFECYCLE,
  ...RUN,
  name: "vectorStoreConnectors.fileSyncs",
  one: "file sync",
  path: "vectorStoreConnectorFileSyncs",
  filters: [...FILTERS, "vectorStoreConnectorId"],
  inCompartment: false,
  item: received.object<FileSync>({
    ...keptByName(received),
    vectorStoreConnectorId: received.text,
    tenantId: received.maybe(received.text),
    triggerType: received.maybe(received.text),
    timeStarted: received.maybe(received.time),
    timeEnded: received.maybe(received.time),
    durationInSeconds: received.maybe(received.number),
    stats: received.maybe(connectorStats),
  }),
  create: sent.object<CreateFileSyncDetails>({
    ...tagged(sent),
    vectorStoreConnectorId: sent.text,
    displayName: sent.maybe(sent.text),
  }),
};

export function fileSyncs(control: Control): FileSyncs {
  return {
    ...readable<FileSyncTypes>(control, KIND),
    ...creatable<FileSyncTypes>(control, KIND),
    cancel: removing(control, KIND, "cancel"),
    ingestionLogs: (id, query = {}, options = {}) =>
      pages(
        control,
        {
          operation: `${KIND.name}.ingestionLogs`,
          path: [KIND.path, id, "ingestionLogs"],
          item: ingestionLog,
          filters: ["lifecycleState", "limit", "sortBy", "sortOrder"],
          inCompartment: false,
        },
        query,
        options,
      ),
  };
}
