// The control plane's models: listed page by page, filtered, and looked up by OCID. Signed requests only.
import { refusal } from "../http/dispatch.ts";
import { notFound, ociError } from "../http/envelopes.ts";
import type { Reply } from "../http/reply.ts";
import type { Call, Route } from "../http/route.ts";
import type { JsonObject } from "../json.ts";
import { type CatalogModel, catalog, modelOcid, otherModel } from "../models/catalog.ts";
import type { EmulatorState } from "../state.ts";
import { checkCompartment } from "../surface/scope.ts";

export const modelRoutes: readonly Route[] = [
  { method: "GET", path: /^\/20231130\/models$/, credentials: ["signature"], handle: listModels },
  { method: "GET", path: /^\/20231130\/models\/[^/]+$/, credentials: ["signature"], handle: getModel },
];

/** The models that exist: the emulator's own list, or the catalogue. */
function modelsOf({ models }: EmulatorState): readonly CatalogModel[] {
  if (models === undefined || models === "any") return catalog;
  return models.map((name) => catalog.find((model) => model.name === name) ?? otherModel(name));
}

function summaryOf(model: CatalogModel, compartmentId: string, state: EmulatorState): JsonObject {
  const { name, ...rest } = model;
  return {
    id: modelOcid(name, state.trust.current.region),
    displayName: name,
    compartmentId,
    type: "BASE",
    timeCreated: "2025-01-01T00:00:00Z",
    freeformTags: {},
    definedTags: {},
    systemTags: {},
    ...rest,
  };
}

/** Filters of the list, and what of a model each looks at. */
const filters: Readonly<Record<string, (model: CatalogModel) => readonly string[]>> = {
  capability: ({ capabilities }) => capabilities,
  vendor: ({ vendor }) => [vendor],
  displayName: ({ name }) => [name],
  lifecycleState: ({ lifecycleState }) => [lifecycleState],
};

const maxPage = 1000;

function listModels({ request }: Call, state: EmulatorState): Reply {
  const query = new URLSearchParams(request.target.slice(request.path.length));
  const compartmentId = query.get("compartmentId");
  if (compartmentId === null) {
    const error = ociError(400, "MissingParameter", "Missing required query parameter: compartmentId.");
    return refusal(error, "the query names no compartmentId");
  }
  const outside = checkCompartment(compartmentId, state);
  if (outside !== undefined) return refusal(outside.error, outside.reason);
  const limit = Number(query.get("limit") ?? 100);
  const start = offsetOf(query.get("page"));
  if (!Number.isInteger(limit) || limit < 1 || limit > maxPage || start === undefined) {
    const error = ociError(400, "InvalidParameter", "limit or page is not valid.");
    return refusal(error, "limit is out of range, or page is no page of this list");
  }
  const asked = modelsOf(state).filter((model) =>
    Object.entries(filters).every(([name, read]) => {
      const wanted = query.getAll(name);
      return wanted.length === 0 || read(model).some((value) => wanted.includes(value));
    }),
  );
  const end = start + limit;
  const items = asked.slice(start, end).map((model) => summaryOf(model, compartmentId, state));
  const headers = end < asked.length ? { "opc-next-page": pageToken(end) } : {};
  return { kind: "body", status: 200, body: { items }, headers };
}

/** Opaque to clients. */
const pageToken = (offset: number): string => Buffer.from(`models ${offset}`).toString("base64url");

function offsetOf(page: string | null): number | undefined {
  if (page === null) return 0;
  const digits = /^models (\d+)$/.exec(Buffer.from(page, "base64url").toString())?.[1];
  return digits === undefined ? undefined : Number(digits);
}

function getModel({ request }: Call, state: EmulatorState): Reply {
  const id = decodeURIComponent(request.path.split("/").at(-1) ?? "");
  const { region, tenancyId } = state.trust.current;
  const found = modelsOf(state).find(({ name }) => modelOcid(name, region) === id);
  if (found === undefined) return refusal(notFound, `there is no model ${id}`);
  return { kind: "body", status: 200, body: summaryOf(found, tenancyId, state) };
}
