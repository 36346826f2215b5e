/** Endpoints: a model on a dedicated cluster, and what guards it. */
import type { Control } from "../client.ts";
import { type Fields, received, sent } from "../fields.ts";
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

/** Something that looks at what goes in and comes out. */
export interface GuardConfig {
  readonly isEnabled: boolean;
  /** `INFORM` tells of what it finds, `BLOCK` refuses it. */
  readonly mode?: Open<"INFORM" | "BLOCK"> | undefined;
  /** OCID of the model that looks. */
  readonly modelId?: string | undefined;
}

/** What guards an endpoint. */
export interface EndpointGuards {
  readonly contentModerationConfig?: GuardConfig | undefined;
  readonly promptInjectionConfig?: GuardConfig | undefined;
  readonly piiDetectionConfig?: GuardConfig | undefined;
}

export interface Endpoint extends Kept, EndpointGuards {
  readonly displayName?: string | undefined;
  readonly compartmentId: string;
  readonly modelId: string;
  readonly dedicatedAiClusterId: string;
  readonly generativeAiPrivateEndpointId?: string | undefined;
  readonly timeCreated: string;
}

export interface CreateEndpointDetails extends CreateDescribed, EndpointGuards {
  /** OCID of the model that is served. */
  readonly modelId: string;
  /** OCID of the cluster, of type `HOSTING`, that serves it. */
  readonly dedicatedAiClusterId: string;
  readonly generativeAiPrivateEndpointId?: string | undefined;
}

export interface UpdateEndpointDetails extends Described, EndpointGuards {
  readonly generativeAiPrivateEndpointId?: string | undefined;
}

export interface EndpointQuery extends KeptQuery {
  readonly generativeAiPrivateEndpointId?: string | undefined;
}

interface EndpointTypes {
  readonly item: Endpoint;
  readonly summary: Endpoint;
  readonly create: CreateEndpointDetails;
  readonly update: UpdateEndpointDetails;
  readonly query: EndpointQuery;
  readonly state: LifecycleState;
}

export interface Endpoints extends Resource<EndpointTypes>, Movable {}

const guard = (of: Fields) =>
  of.maybe(
    of.object<GuardConfig>({
      isEnabled: of.flag,
      mode: of.maybe(of.text),
      modelId: of.maybe(of.text),
    }),
  );

const guarded = (of: Fields) => ({
  contentModerationConfig: guard(of),
  promptInjectionConfig: guard(of),
  piiDetectionConfig: guard(of),
  generativeAiPrivateEndpointId: of.maybe(of.text),
});

const KIND: ResourceKind<EndpointTypes> = {
  ...LIFECYCLE,
  name: "endpoints",
  one: "endpoint",
  path: "endpoints",
  filters: [...FILTERS, "generativeAiPrivateEndpointId"],
  item: received.object<Endpoint>({
    ...kept(received),
    ...guarded(received),
    displayName: received.maybe(received.text),
    compartmentId: received.text,
    modelId: received.text,
    dedicatedAiClusterId: received.text,
    timeCreated: received.time,
  }),
  create: sent.object<CreateEndpointDetails>({
    ...createDescribed(sent),
    ...guarded(sent),
    modelId: sent.text,
    dedicatedAiClusterId: sent.text,
  }),
  update: sent.object<UpdateEndpointDetails>({ ...described(sent), ...guarded(sent) }),
};

export const endpoints = (control: Control): Endpoints => ({
  ...resource(control, KIND),
  ...movable(control, KIND),
});
