/** Semantic stores: what questions in plain words are turned into SQL with. */
import type { Control } from "../client.ts";
import { type Fields, received, sent } from "../fields.ts";
import { FILTERS, LIFECYCLE, type ResourceKind } from "../kind.ts";
import { movable, resource } from "../resource.ts";
import {
  type CreateDescribed,
  createDescribed,
  type Described,
  described,
  type KeptByName,
  type KeptQuery,
  keptByName,
  type LifecycleState,
  type Movable,
  type Open,
  type Resource,
} from "../types.ts";

/** The database, by its connections of OCI Database Tools. */
export interface SemanticDataSource {
  /** Default `DATABASE_TOOLS_CONNECTION`. */
  readonly connectionType?: Open<"DATABASE_TOOLS_CONNECTION"> | undefined;
  /** OCID of the connection that questions are answered over. */
  readonly queryingConnectionId: string;
  /** OCID of the connection that the schemas are studied over. */
  readonly enrichmentConnectionId: string;
}

/** What of the database is studied. */
export interface SemanticSchemas {
  /** Default `DATABASE_TOOLS_CONNECTION`. */
  readonly connectionType?: Open<"DATABASE_TOOLS_CONNECTION"> | undefined;
  readonly schemas: readonly { readonly name: string }[];
}

/** When the schemas are studied again. */
export interface RefreshSchedule {
  readonly type: Open<"ON_CREATE" | "NONE" | "INTERVAL">;
  /** For `INTERVAL`: a duration in ISO 8601, `P1D`. */
  readonly value?: string | undefined;
}

export interface SemanticStore extends KeptByName {
  readonly dataSource: SemanticDataSource;
  readonly refreshSchedule?: RefreshSchedule | undefined;
  readonly schemas: SemanticSchemas;
}

export interface CreateSemanticStoreDetails extends CreateDescribed {
  readonly displayName: string;
  readonly dataSource: SemanticDataSource;
  readonly refreshSchedule?: RefreshSchedule | undefined;
  readonly schemas: SemanticSchemas;
}

export interface UpdateSemanticStoreDetails extends Described {
  readonly refreshSchedule?: RefreshSchedule | undefined;
  readonly schemas?: SemanticSchemas | undefined;
}

export interface SemanticStoreQuery extends Omit<KeptQuery, "lifecycleState"> {
  readonly lifecycleState?: Open<LifecycleState> | readonly Open<LifecycleState>[] | undefined;
  /** Only stores over this connection of OCI Database Tools. */
  readonly dataSourceQueryingConnectionId?: string | undefined;
}

interface SemanticStoreTypes {
  readonly item: SemanticStore;
  readonly summary: SemanticStore;
  readonly create: CreateSemanticStoreDetails;
  readonly update: UpdateSemanticStoreDetails;
  readonly query: SemanticStoreQuery;
  readonly state: LifecycleState;
}

export interface SemanticStores extends Resource<SemanticStoreTypes>, Movable {}

const CONNECTION = "DATABASE_TOOLS_CONNECTION";
const dataSource = (of: Fields) =>
  of.object<SemanticDataSource>({
    connectionType: of.variant(CONNECTION),
    queryingConnectionId: of.text,
    enrichmentConnectionId: of.text,
  });
const schemas = (of: Fields) =>
  of.object<SemanticSchemas>({
    connectionType: of.variant(CONNECTION),
    schemas: of.list(of.object<{ readonly name: string }>({ name: of.text })),
  });
const schedule = (of: Fields) =>
  of.maybe(of.object<RefreshSchedule>({ type: of.text, value: of.maybe(of.text) }));

const KIND: ResourceKind<SemanticStoreTypes> = {
  ...LIFECYCLE,
  name: "semanticStores",
  one: "semantic store",
  path: "semanticStores",
  filters: [...FILTERS, "dataSourceQueryingConnectionId"],
  item: received.object<SemanticStore>({
    ...keptByName(received),
    dataSource: dataSource(received),
    refreshSchedule: schedule(received),
    schemas: schemas(received),
  }),
  create: sent.object<CreateSemanticStoreDetails>({
    ...createDescribed(sent),
    displayName: sent.text,
    dataSource: dataSource(sent),
    refreshSchedule: schedule(sent),
    schemas: schemas(sent),
  }),
  update: sent.object<UpdateSemanticStoreDetails>({
    ...described(sent),
    refreshSchedule: schedule(sent),
    schemas: sent.maybe(schemas(sent)),
  }),
};

export const semanticStores = (control: Control): SemanticStores => ({
  ...resource(control, KIND),
  ...movable(control, KIND),
});
