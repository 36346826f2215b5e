// What can only be looked at: work requests with their errors and logs, statistics and ingestion logs of connectors.
import { refusal } from "../http/dispatch.ts";
import { notFound } from "../http/envelopes.ts";
import type { Route } from "../http/route.ts";
import type { JsonObject } from "../json.ts";
import type { EmulatorState } from "../state.ts";
import { logsOf, statsOf } from "./file-syncs.ts";
import { idIn, refused } from "./handlers.ts";
import type { ControlResource, Resource } from "./lifecycle.ts";
import { checkListCompartment, type ListRules, listReply, queryOf } from "./list.ts";
import { etagOf } from "./resources.ts";
import type { WorkRequest } from "./work-requests.ts";

const workRequestRules: ListRules = {
  filters: { compartmentId: ["compartmentId"], workRequestId: ["id"], status: ["status"] },
  sorts: { timeAccepted: "DESC" },
};

export const listWorkRequests: Route["handle"] = ({ request }, state) => {
  const query = queryOf(request);
  const outside = checkListCompartment(query, state);
  if (outside !== undefined) return refused(outside);
  const { workRequests } = state.control;
  const resourceId = query.get("resourceId");
  const asked = workRequests.all.filter((one) => resourceId === null || one.resourceId === resourceId);
  const listed = asked.map((one) => ({ serial: one.serial, body: workRequests.bodyOf(one) }));
  return listReply(listed, query, workRequestRules);
};

export const getWorkRequest: Route["handle"] = withWorkRequest((found, { control: { workRequests } }) => {
  const body = workRequests.bodyOf(found);
  const headers: Record<string, string> = {
    etag: `${found.id.slice(-24)}-${workRequests.progressOf(found)}`,
  };
  if (body.timeFinished === undefined) headers["retry-after"] = "1";
  return { kind: "body", status: 200, body, headers };
});

const entryRules: ListRules = { filters: {}, sorts: { timestamp: "DESC" } };

const entries = (of: (found: WorkRequest, state: EmulatorState) => readonly JsonObject[]): Route["handle"] =>
  withWorkRequest((found, state, query) => listReply(numbered(of(found, state)), query, entryRules));

export const listWorkRequestErrors: Route["handle"] = entries((found, { control }) =>
  control.workRequests.errorsOf(found),
);
export const listWorkRequestLogs: Route["handle"] = entries((found, { control }) =>
  control.workRequests.logsOf(found),
);

export const getConnectorStats: Route["handle"] = withResource(
  "vectorStoreConnectors",
  (connector, state) => ({
    kind: "body",
    status: 200,
    body: statsOf(syncsOf(connector, state), state),
    headers: { etag: etagOf(connector) },
  }),
);

const logRules: ListRules = {
  filters: { status: ["status"], lifecycleState: ["status"] },
  sorts: { status: "ASC", fileSize: "ASC", filePath: "ASC" },
};

export const listConnectorLogs: Route["handle"] = withResource(
  "vectorStoreConnectors",
  (connector, state, query) =>
    listReply(numbered(syncsOf(connector, state).flatMap((sync) => logsOf(sync, state))), query, logRules),
);

export const listSyncLogs: Route["handle"] = withResource(
  "vectorStoreConnectorFileSyncs",
  (sync, state, query) => listReply(numbered(logsOf(sync, state)), query, logRules),
);

const numbered = (bodies: readonly JsonObject[]): Parameters<typeof listReply>[0] =>
  bodies.map((body, serial) => ({ body, serial }));

const syncsOf = ({ id }: Resource, { control }: EmulatorState): readonly Resource[] =>
  control.all("vectorStoreConnectorFileSyncs").filter(({ fields }) => fields.vectorStoreConnectorId === id);

type Handler<Found> = (
  found: Found,
  state: EmulatorState,
  query: URLSearchParams,
) => ReturnType<typeof listReply>;

function withWorkRequest(handle: Handler<WorkRequest>): Route["handle"] {
  return ({ request }, state) => {
    const found = state.control.workRequests.get(idIn(request));
    if (found === undefined) return refusal(notFound, `there is no work request ${idIn(request)}`);
    return handle(found, state, queryOf(request));
  };
}

function withResource(kind: ControlResource, handle: Handler<Resource>): Route["handle"] {
  return ({ request }, state) => {
    const found = state.control.find(kind, idIn(request));
    if (found === undefined) return refusal(notFound, `${kind} has no ${idIn(request)}`);
    return handle(found, state, queryOf(request));
  };
}
