/** The control plane of OCI Generative AI, every resource with the types of what it takes and gives. */
import type { OciConfig } from "../config/resolve.ts";
import type { OciFetch } from "../http/signed-fetch.ts";
import { controlClient } from "./client.ts";
import { type ApiKeys, apiKeys } from "./kinds/api-keys.ts";
import { type DedicatedAiClusters, dedicatedAiClusters } from "./kinds/dedicated-ai-clusters.ts";
import { type Endpoints, endpoints } from "./kinds/endpoints.ts";
import { type Models, models } from "./kinds/models.ts";
import { type Projects, projects } from "./kinds/projects.ts";
import { type SemanticStores, semanticStores } from "./kinds/semantic-stores.ts";
import { type VectorStoreConnectors, vectorStoreConnectors } from "./kinds/vector-store-connectors.ts";
import { type WorkRequests, workRequests } from "./kinds/work-requests.ts";

export { LifecycleError } from "./errors.ts";
export type * from "./kinds/api-keys.ts";
export type * from "./kinds/dedicated-ai-clusters.ts";
export type * from "./kinds/endpoints.ts";
export type * from "./kinds/file-syncs.ts";
export type * from "./kinds/models.ts";
export type * from "./kinds/projects.ts";
export type * from "./kinds/semantic-stores.ts";
export type * from "./kinds/vector-store-connectors.ts";
export type * from "./kinds/work-requests.ts";
export type {
  ActionOptions,
  CallOptions,
  ChangeOptions,
  Creatable,
  CreateOptions,
  Deletable,
  LifecycleState,
  Movable,
  Open,
  Readable,
  Resource,
  Updatable,
} from "./types.ts";
export type { WaitOptions } from "./wait.ts";

/** What the control plane keeps. */
export interface ControlPlaneResources {
  readonly projects: Projects;
  readonly apiKeys: ApiKeys;
  readonly semanticStores: SemanticStores;
  readonly vectorStoreConnectors: VectorStoreConnectors;
  readonly models: Models;
  readonly endpoints: Endpoints;
  readonly dedicatedAiClusters: DedicatedAiClusters;
  readonly workRequests: WorkRequests;
}

/** The control plane that a configuration points at. Nothing is asked, nor checked, before the first call. */
export function createControlPlane(config: OciConfig, fetch: OciFetch): ControlPlaneResources {
  const control = controlClient(config, fetch);
  return {
    projects: projects(control),
    apiKeys: apiKeys(control),
    semanticStores: semanticStores(control),
    vectorStoreConnectors: vectorStoreConnectors(control),
    models: models(control),
    endpoints: endpoints(control),
    dedicatedAiClusters: dedicatedAiClusters(control),
    workRequests: workRequests(control),
  };
}
