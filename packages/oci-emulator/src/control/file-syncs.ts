// File syncs of vector store connectors: what each would have read, counted by kind of file.
import { createHash } from "node:crypto";
import path from "node:path";
import type { JsonObject } from "../json.ts";
import type { EmulatorState } from "../state.ts";
import { storagesOf } from "./bodies.ts";
import { textOf } from "./fields.ts";
import { type Resource, run, stateAt } from "./lifecycle.ts";
import { isoOf } from "./work-requests.ts";

/** How the files of a sync stand when the sync is in this state. */
const fileStatus: Readonly<Record<string, string>> = {
  IN_PROGRESS: "IN_PROGRESS",
  SUCCEEDED: "COMPLETED",
  FAILED: "FAILED",
  CANCELING: "CANCELLED",
  CANCELED: "CANCELLED",
};

/** Which count of the statistics a file falls under. */
const countOf: Readonly<Record<string, string>> = {
  IN_PROGRESS: "inProgress",
  COMPLETED: "created",
  FAILED: "failed",
};

/** The logs of a sync: there is no object storage here, so each prefix of the connector stands for one file of that name. */
export function logsOf(sync: Resource, { control }: EmulatorState): readonly JsonObject[] {
  const connector = control.find("vectorStoreConnectors", textOf(sync.fields, "vectorStoreConnectorId"));
  const read = storagesOf.safeParse(connector?.fields);
  if (!read.success) return [];
  const status = fileStatus[stateAt(sync, run, control.nowMs)] ?? "QUEUED";
  return read.data.configuration.storageConfigList.flatMap(({ namespace, bucketName, prefixList = [] }) =>
    prefixList.map((prefix) => {
      const filePath = `${namespace}/${bucketName}/${prefix}`;
      return {
        fileId: `file-${createHash("sha256").update(filePath).digest("hex").slice(0, 32)}`,
        vectorStoreConnectorFileSyncId: sync.id,
        filePath,
        status,
      };
    }),
  );
}

/** Statistics over the logs of syncs, each file once, as the last sync left it. */
export function statsOf(syncs: readonly Resource[], state: EmulatorState): JsonObject {
  const last = new Map(syncs.flatMap((sync) => logsOf(sync, state).map((log) => [log.filePath, log])));
  const stats: Record<string, { totalFilesSynced: number; syncStatsByFileType: Record<string, number> }> = {};
  for (const log of last.values()) {
    const count = countOf[textOf(log, "status")];
    if (count === undefined) continue;
    const type = path.extname(textOf(log, "filePath")).slice(1) || "unknown";
    stats[count] ??= { totalFilesSynced: 0, syncStatsByFileType: {} };
    stats[count].totalFilesSynced += 1;
    stats[count].syncStatsByFileType[type] = (stats[count].syncStatsByFileType[type] ?? 0) + 1;
  }
  return { timeGenerated: isoOf(state.control.nowMs), ...stats };
}

/** What a sync shows beside what it was asked. */
export function syncFields(sync: Resource, state: EmulatorState): JsonObject {
  const { nowMs } = state.control;
  const { change, createdMs } = sync;
  const ended = change.endsMs <= nowMs;
  return {
    tenantId: state.trust.current.tenancyId,
    triggerType: "MANUAL",
    timeStarted: isoOf(createdMs),
    ...(ended
      ? { timeEnded: isoOf(change.endsMs), durationInSeconds: Math.round((change.endsMs - createdMs) / 1000) }
      : {}),
    stats: statsOf([sync], state),
  };
}
