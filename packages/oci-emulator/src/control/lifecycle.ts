// What state a resource is in: told by its last change and the clock, never by a timer.
import type { JsonObject } from "../json.ts";

/** What the control plane keeps, named as in its paths. */
export type ControlResource =
  | "generativeAiProjects"
  | "apikeys"
  | "semanticStores"
  | "vectorStoreConnectors"
  | "vectorStoreConnectorFileSyncs"
  | "endpoints"
  | "dedicatedAiClusters"
  | "models";

/** How long changes take, and which creations go wrong. */
export interface ControlOptions {
  /** Milliseconds on the emulator's clock that a creation, update or deletion takes; default 0: done at the next look. */
  readonly transitionMs?: number;
  /** Called with each body that creates something; a text makes the creation fail with it as `lifecycleDetails`. */
  readonly fail?: (resource: ControlResource, body: JsonObject) => string | undefined;
}

export type Action = "create" | "update" | "delete";

/** The last thing that was done to a resource. */
interface Change {
  readonly action: Action;
  readonly endsMs: number;
  readonly failure: string | undefined;
}

export interface Resource {
  readonly kind: ControlResource;
  readonly id: string;
  readonly compartmentId: string;
  /** What the client said about it. */
  readonly fields: JsonObject;
  /** Rises with each resource: the order of those that were made in the same millisecond. */
  readonly serial: number;
  /** Rises with each change. */
  readonly version: number;
  readonly createdMs: number;
  readonly updatedMs: number | undefined;
  readonly change: Change;
}

/** Names of the states around a change. */
interface Phases {
  /** In the answer to the request itself. */
  readonly begun: string;
  readonly during: string;
  readonly done: string;
}

/** States by action. An action that is missing takes no time and leaves the resource as it was. */
export interface Lifecycle {
  readonly create: Phases;
  readonly update?: Phases;
  readonly delete: Phases;
  /** States in which a deletion is taken. */
  readonly deletable: readonly string[];
}

export const active = "ACTIVE";

const creation: Phases = { begun: "CREATING", during: "CREATING", done: active };
const deletion: Phases = { begun: "DELETING", during: "DELETING", done: "DELETED" };
const deletable = [active, "FAILED"];

export const usual: Lifecycle = {
  create: creation,
  update: { begun: "UPDATING", during: "UPDATING", done: active },
  delete: deletion,
  deletable,
};

/** Models have no state for being updated. */
export const withoutUpdating: Lifecycle = { create: creation, delete: deletion, deletable };

/** A run rather than a thing: it ends by itself, or is cancelled. */
export const run: Lifecycle = {
  create: { begun: "ACCEPTED", during: "IN_PROGRESS", done: "SUCCEEDED" },
  delete: { begun: "CANCELING", during: "CANCELING", done: "CANCELED" },
  deletable: ["IN_PROGRESS"],
};

export function stateAt({ change }: Resource, lifecycle: Lifecycle, nowMs: number): string {
  const phases = lifecycle[change.action];
  if (phases === undefined) return lifecycle.create.done;
  if (nowMs < change.endsMs) return phases.during;
  return change.failure === undefined ? phases.done : "FAILED";
}

/** A deleted resource can still be looked at for so long. */
const rememberedMs = 24 * 3_600_000;

/** Whether even the memory of a deleted resource is gone. */
export function isForgotten({ change }: Resource, nowMs: number): boolean {
  return change.action === "delete" && change.endsMs + rememberedMs <= nowMs;
}
