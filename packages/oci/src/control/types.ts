/** What every resource of the control plane has in common: its fields, its operations and their options. */
import type { Fields, Shape } from "./fields.ts";
import type { WaitOptions } from "./wait.ts";

/** Known names, and whatever the service comes up with next. */
export type Open<Name extends string> = Name | (string & {});

/** States of most resources. */
export type LifecycleState = "CREATING" | "ACTIVE" | "UPDATING" | "DELETING" | "DELETED" | "FAILED";

/** What the headers of an answer tell about the thing that it holds. */
export interface Tracked {
  /** Which version of it this is: `ifMatch` makes sure that nobody else changed it since. Not in lists. */
  readonly etag?: string | undefined;
  /** The work request that carries out what was asked; `workRequests.waitUntil` waits for it. */
  readonly workRequestId?: string | undefined;
}

type DefinedTags = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

/** What may be attached to anything. */
export interface Tags {
  readonly freeformTags?: Readonly<Record<string, string>> | undefined;
  /** By namespace and key. */
  readonly definedTags?: DefinedTags | undefined;
}

/** What may be said about anything that is made or changed. */
export interface Described extends Tags {
  /** Need not be unique. */
  readonly displayName?: string | undefined;
  readonly description?: string | undefined;
}

/** What is made in a compartment. */
export interface CreateDescribed extends Described {
  /** OCID; default: the compartment that is configured. */
  readonly compartmentId?: string | undefined;
}

/** What is known of everything that is kept. Times are ISO 8601. */
export interface Kept<State extends string = LifecycleState> extends Tracked, Tags {
  /** OCID. */
  readonly id: string;
  readonly lifecycleState: Open<State>;
  /** Why it is in that state. */
  readonly lifecycleDetails?: string | undefined;
  readonly description?: string | undefined;
  readonly timeUpdated?: string | undefined;
  readonly systemTags?: DefinedTags | undefined;
}

/** What is known, besides, of everything that is kept in a compartment under a name. */
export interface KeptByName<State extends string = LifecycleState> extends Kept<State> {
  readonly displayName: string;
  readonly compartmentId: string;
  readonly timeCreated: string;
}

/** How a list is cut and sorted. */
export interface ListQuery<SortBy extends string = "displayName" | "timeCreated"> {
  /** Most items of one page, by default as the service likes; the list itself is as long as it is. */
  readonly limit?: number | undefined;
  readonly sortBy?: SortBy | undefined;
  readonly sortOrder?: "ASC" | "DESC" | undefined;
}

/** What is listed. */
export interface KeptQuery<
  State extends string = LifecycleState,
  SortBy extends string = "displayName" | "timeCreated",
> extends ListQuery<SortBy> {
  /** OCID; default: the compartment that is configured. */
  readonly compartmentId?: string | undefined;
  /** Only what has exactly this name. */
  readonly displayName?: string | undefined;
  readonly id?: string | undefined;
  readonly lifecycleState?: Open<State> | undefined;
}

export interface CallOptions {
  readonly signal?: AbortSignal | undefined;
}

/** Options of what makes something, or does something once. */
export interface CreateOptions extends CallOptions {
  /**
   * Requests with the same token make one thing, however often they are sent (within 24 hours). By default each call
   * has its own, which its automatic retries share.
   */
  readonly retryToken?: string | undefined;
}

/** Options of what changes something. */
export interface ChangeOptions extends CallOptions {
  /** The `etag` that was read: where it has another one by now, nothing happens, and an error says so. */
  readonly ifMatch?: string | undefined;
}

export interface ActionOptions extends CreateOptions, ChangeOptions {}

/** The types of one kind of resource. */
export interface Types {
  readonly item: Tracked;
  /** An item as lists tell of it. */
  readonly summary: object;
  readonly create: object;
  readonly update: object;
  readonly query: object;
  /** States that can be waited for. */
  readonly state: string;
}

/** What can be read. */
export interface Readable<T extends Types> {
  /**
   * Everything that fits, page after page as it is read on; where reading stops, nothing more is asked for.
   *
   * @throws ConfigurationError for an unknown filter, or without a compartment; a typed error where OCI refuses.
   */
  list(query?: T["query"], options?: CallOptions): AsyncIterable<T["summary"]>;
  /** @throws PermissionOrNotFoundError where it is not there, or not for these credentials. */
  get(id: string, options?: CallOptions): Promise<T["item"]>;
  /**
   * Looks again and again, less and less often, until it is in the state, or in one of them.
   *
   * Whoever waits for `DELETED` is given `undefined` where it can no longer be read.
   *
   * @throws LifecycleError where the state cannot follow any more, because it failed, was deleted or needs attention;
   *   TimeoutError after `timeoutMs`; CancelledError by the signal.
   */
  waitUntil<State extends T["state"]>(
    id: string,
    state: State | readonly State[],
    options?: WaitOptions<T["item"]>,
  ): Promise<T["item"] | ("DELETED" extends State ? undefined : never)>;
}

export interface Creatable<T extends Types> {
  /**
   * Asks for a new one, and tells what it is going to be: mostly `CREATING`.
   *
   * @throws ConfigurationError for details that are not known or do not fit; a typed error where OCI refuses.
   */
  create(details: T["create"], options?: CreateOptions): Promise<T["item"]>;
}

export interface Updatable<T extends Types> {
  /**
   * Changes what the details name, and nothing else.
   *
   * @throws InvalidRequestError with code `etag_mismatch` where it is not the version that `ifMatch` names.
   */
  update(id: string, details: T["update"], options?: ChangeOptions): Promise<T["item"]>;
}

export interface Deletable {
  /** Asks for its end; `waitUntil(id, "DELETED")` waits for it. */
  delete(id: string, options?: ChangeOptions): Promise<void>;
}

export interface Movable {
  /** Moves it to another compartment. */
  changeCompartment(id: string, compartmentId: string, options?: ActionOptions): Promise<void>;
}

/** What can be made, read, changed and deleted. */
export interface Resource<T extends Types> extends Readable<T>, Creatable<T>, Updatable<T>, Deletable {}

export const tagged = (of: Fields): Shape<Tags> => ({
  freeformTags: of.maybe(of.map(of.text)),
  definedTags: of.maybe(of.map(of.map(of.anything))),
});

export const described = (of: Fields): Shape<Described> => ({
  displayName: of.maybe(of.text),
  description: of.maybe(of.text),
  ...tagged(of),
});

export const createDescribed = (of: Fields): Shape<CreateDescribed> => ({
  compartmentId: of.maybe(of.text),
  ...described(of),
});

export const kept = (of: Fields): Shape<Kept> => ({
  id: of.id,
  lifecycleState: of.text,
  lifecycleDetails: of.maybe(of.text),
  description: of.maybe(of.text),
  timeUpdated: of.maybe(of.time),
  systemTags: of.maybe(of.map(of.map(of.anything))),
  ...tagged(of),
  ...tracked(of),
});

export const keptByName = (of: Fields): Shape<KeptByName> => ({
  ...kept(of),
  displayName: of.text,
  compartmentId: of.text,
  timeCreated: of.time,
});

/** They come by header. */
export const tracked = (of: Fields): Shape<Tracked> => ({
  etag: of.maybe(of.text),
  workRequestId: of.maybe(of.text),
});
