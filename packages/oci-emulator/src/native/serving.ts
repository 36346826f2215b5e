// Who serves a native request: a model on demand, by name or OCID, or a dedicated AI cluster's endpoint.
import { endpointModel } from "../control/base-models.ts";
import { notFound } from "../http/envelopes.ts";
import { nameOfModel } from "../models/catalog.ts";
import type { EmulatorState } from "../state.ts";
import { modelExists, type Refused } from "../surface/scope.ts";
import type { ServingMode } from "./request.ts";

/** A model that is there to answer. */
export interface Serving {
  readonly ok: true;
  /** Its id; the endpoint's if nobody said which model that serves. */
  readonly model: string;
  readonly streaming: boolean;
}

const missing = (reason: string): { readonly ok: false; readonly refused: Refused } => ({
  ok: false,
  refused: { error: notFound, reason },
});

export function findServing(
  mode: ServingMode,
  state: EmulatorState,
): Serving | { readonly ok: false; readonly refused: Refused } {
  if (mode.servingType === "DEDICATED") {
    const made = endpointModel(mode.endpointId, state);
    if (made === "missing") return missing(`endpoint ${mode.endpointId} is not ACTIVE`);
    if (made !== undefined) return { ok: true, model: made.name, streaming: true };
    const { endpoints } = state.settings;
    const isOcid = mode.endpointId.startsWith("ocid1.generativeaiendpoint.");
    const endpoint = endpoints === undefined && isOcid ? {} : endpoints?.[mode.endpointId];
    if (endpoint === undefined) return missing(`there is no endpoint ${mode.endpointId}`);
    return { ok: true, model: endpoint.model ?? mode.endpointId, streaming: endpoint.streaming ?? true };
  }
  const isOcid = mode.modelId.startsWith("ocid1.");
  const name = isOcid ? nameOfModel(mode.modelId, state.trust.current.region) : mode.modelId;
  if (name === undefined || !modelExists(name, state)) return missing(`there is no model ${mode.modelId}`);
  return { ok: true, model: name, streaming: true };
}
