// Which models there are to build on: the emulator's own list, the catalogue, or custom ones made from them.
import { type CatalogModel, catalog, modelOcid, otherModel } from "../models/catalog.ts";
import type { EmulatorState } from "../state.ts";
import { textOf } from "./fields.ts";
import { active, stateAt, withoutUpdating } from "./lifecycle.ts";

/** The models that exist: the emulator's own list, or the catalogue. */
export function modelsOf({ models }: EmulatorState): readonly CatalogModel[] {
  if (models === undefined || models === "any") return catalog;
  return models.map((name) => catalog.find((model) => model.name === name) ?? otherModel(name));
}

/** The model of the service behind an OCID, be it a custom one's that is ready. */
export function baseModelOf(id: string, state: EmulatorState): CatalogModel | undefined {
  const custom = state.control.find("models", id);
  if (custom === undefined) {
    return modelsOf(state).find(({ name }) => modelOcid(name, state.trust.current.region) === id);
  }
  const ready = stateAt(custom, withoutUpdating, state.control.nowMs) === active;
  return ready ? baseModelOf(textOf(custom.fields, "baseModelId"), state) : undefined;
}

/** What a dedicated endpoint serves: the model, `missing` if it is not ready, `undefined` if it was never made here. */
export function endpointModel(id: string, state: EmulatorState): CatalogModel | "missing" | undefined {
  if (!state.control.everMade("endpoints", id)) return undefined;
  const endpoint = state.control.find("endpoints", id);
  if (endpoint === undefined) return "missing";
  const { change, fields } = endpoint;
  const serves = change.failure === undefined && change.action !== "delete";
  if (!serves || (change.action === "create" && state.control.nowMs < change.endsMs)) return "missing";
  return baseModelOf(textOf(fields, "modelId"), state) ?? "missing";
}
