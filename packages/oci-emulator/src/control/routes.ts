// The control plane's resources, each with its paths. Signed requests only.
import type { Route } from "../http/route.ts";
import { createApiKey, renewApiKey, setApiKeyState } from "./api-keys.ts";
import { creates, deletes, gets, lists, moves, updates } from "./handlers.ts";
import {
  getConnectorStats,
  getWorkRequest,
  listConnectorLogs,
  listSyncLogs,
  listWorkRequestErrors,
  listWorkRequestLogs,
  listWorkRequests,
} from "./inspections.ts";
import { getModel, listModels } from "./models.ts";
import { fileSyncs, type ResourceRow, rows } from "./rows.ts";

const one = "/[^/]+";

const route = (method: Route["method"], path: string, handle: Route["handle"]): Route => ({
  method,
  path: new RegExp(`^/20231130/${path}$`),
  credentials: ["signature"],
  handle,
});

function routesOf(row: ResourceRow): readonly Route[] {
  const { kind } = row;
  return [
    route("POST", kind, creates(row)),
    route("GET", kind, lists(row)),
    route("GET", kind + one, gets(row)),
    ...(row.bodies.update === undefined ? [] : [route("PUT", kind + one, updates(row, row.bodies.update))]),
    route("DELETE", kind + one, deletes(row)),
    // What follows its connector does not move by itself.
    ...(row === fileSyncs ? [] : [route("POST", `${kind}${one}/actions/changeCompartment`, moves(row))]),
  ];
}

export const controlPlaneRoutes: readonly Route[] = [
  // These go before what every resource can do.
  route("POST", "apikeys", createApiKey),
  route("GET", "models", listModels),
  route("GET", `models${one}`, getModel),
  ...rows.flatMap(routesOf),
  route("POST", `apikeys${one}/actions/renew`, renewApiKey),
  route("POST", `apikeys${one}/actions/setstate`, setApiKeyState),
  route("GET", `vectorStoreConnectors${one}/stats`, getConnectorStats),
  route("GET", `vectorStoreConnectors${one}/ingestionLogs`, listConnectorLogs),
  route("GET", `vectorStoreConnectorFileSyncs${one}/ingestionLogs`, listSyncLogs),
  route("GET", "workRequests", listWorkRequests),
  route("GET", `workRequests${one}`, getWorkRequest),
  route("GET", `workRequests${one}/errors`, listWorkRequestErrors),
  route("GET", `workRequests${one}/logs`, listWorkRequestLogs),
];
