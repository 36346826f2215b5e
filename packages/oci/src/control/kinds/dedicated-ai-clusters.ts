/** Dedicated AI clusters: hardware of one's own, to serve models or to make them. */
import type { Control } from "../client.ts";
import { received, sent } from "../fields.ts";
import { FILTERS, LIFECYCLE, type ResourceKind } from "../kind.ts";
import { movable, resource } from "../resource.ts";
import {
  type CreateDescribed,
  createDescribed,
  type Described,
  described,
  type Kept,
  type KeptQuery,
  kept,
  type LifecycleState,
  type Movable,
  type Open,
  type Resource,
} from "../types.ts";

export type DedicatedAiClusterState = LifecycleState | "NEEDS_ATTENTION";

/** How many endpoints fit. */
export interface ClusterCapacity {
  readonly capacityType?: Open<"HOSTING_CAPACITY"> | undefined;
  readonly totalEndpointCapacity?: number | undefined;
  readonly usedEndpointCapacity?: number | undefined;
}

export interface DedicatedAiCluster extends Kept<DedicatedAiClusterState> {
  readonly displayName?: string | undefined;
  readonly compartmentId: string;
  readonly type: Open<"HOSTING" | "FINE_TUNING">;
  /** Units of `unitShape`. */
  readonly unitCount: number;
  readonly unitShape: string;
  readonly capacity?: ClusterCapacity | undefined;
  readonly timeCreated: string;
}

export interface CreateDedicatedAiClusterDetails extends CreateDescribed {
  readonly type: Open<"HOSTING" | "FINE_TUNING">;
  /** Units of `unitShape`. */
  readonly unitCount: number;
  /** Fits the model that it is for: `SMALL_COHERE_V2`, `LARGE_GENERIC`, … */
  readonly unitShape: string;
}

export interface UpdateDedicatedAiClusterDetails extends Described {
  readonly unitCount?: number | undefined;
}

export interface DedicatedAiClusterQuery
  extends KeptQuery<DedicatedAiClusterState, "displayName" | "lifecycleState" | "timeCreated"> {}

interface ClusterTypes {
  readonly item: DedicatedAiCluster;
  readonly summary: DedicatedAiCluster;
  readonly create: CreateDedicatedAiClusterDetails;
  readonly update: UpdateDedicatedAiClusterDetails;
  readonly query: DedicatedAiClusterQuery;
  readonly state: DedicatedAiClusterState;
}

/** A cluster is paid by the hour from its creation to its end. */
export interface DedicatedAiClusters extends Resource<ClusterTypes>, Movable {}

const KIND: ResourceKind<ClusterTypes> = {
  ...LIFECYCLE,
  name: "dedicatedAiClusters",
  one: "dedicated AI cluster",
  path: "dedicatedAiClusters",
  filters: FILTERS,
  states: [...LIFECYCLE.states, "NEEDS_ATTENTION"],
  ends: { ...LIFECYCLE.ends, NEEDS_ATTENTION: ["UPDATING", "DELETING", "DELETED"] },
  item: received.object<DedicatedAiCluster>({
    ...kept(received),
    displayName: received.maybe(received.text),
    compartmentId: received.text,
    timeCreated: received.time,
    type: received.text,
    unitCount: received.number,
    unitShape: received.text,
    capacity: received.maybe(
      received.object<ClusterCapacity>({
        capacityType: received.maybe(received.text),
        totalEndpointCapacity: received.maybe(received.number),
        usedEndpointCapacity: received.maybe(received.number),
      }),
    ),
  }),
  create: sent.object<CreateDedicatedAiClusterDetails>({
    ...createDescribed(sent),
    type: sent.text,
    unitCount: sent.number,
    unitShape: sent.text,
  }),
  update: sent.object<UpdateDedicatedAiClusterDetails>({
    ...described(sent),
    unitCount: sent.maybe(sent.number),
  }),
};

export const dedicatedAiClusters = (control: Control): DedicatedAiClusters => ({
  ...resource(control, KIND),
  ...movable(control, KIND),
});
