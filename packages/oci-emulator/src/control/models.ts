// The control plane's models: those of the service and custom ones, in one list.
import type { Reply } from "../http/reply.ts";
import type { Call, Route } from "../http/route.ts";
import type { JsonObject } from "../json.ts";
import { type CatalogModel, modelOcid } from "../models/catalog.ts";
import type { EmulatorState } from "../state.ts";
import { modelsOf } from "./base-models.ts";
import { gets, idIn, listedOf, refused, rulesOf } from "./handlers.ts";
import { checkListCompartment, type Listed, listReply, queryOf } from "./list.ts";
import { customModels } from "./rows.ts";

function summaryOf(model: CatalogModel, compartmentId: string, state: EmulatorState): JsonObject {
  const { name, ...rest } = model;
  return {
    id: modelOcid(name, state.trust.current.region),
    displayName: name,
    compartmentId,
    type: "BASE",
    timeCreated: "2025-01-01T00:00:00.000Z",
    freeformTags: {},
    definedTags: {},
    systemTags: {},
    ...rest,
  };
}

export function listModels({ request }: Call, state: EmulatorState): Reply {
  const query = queryOf(request);
  const outside = checkListCompartment(query, state);
  if (outside !== undefined) return refused(outside);
  // The service's own models are in every compartment, in the order of the table.
  const compartmentId = query.get("compartmentId") ?? "";
  const own = modelsOf(state).map(
    (model, index): Listed => ({ serial: -index, body: summaryOf(model, compartmentId, state) }),
  );
  return listReply([...listedOf(customModels, state), ...own], query, rulesOf(customModels));
}

const getCustomModel = gets(customModels);

export const getModel: Route["handle"] = (call, state) => {
  const id = idIn(call.request);
  const { region, tenancyId } = state.trust.current;
  const found = modelsOf(state).find(({ name }) => modelOcid(name, region) === id);
  if (found === undefined) return getCustomModel(call, state);
  return { kind: "body", status: 200, body: summaryOf(found, tenancyId, state) };
};
