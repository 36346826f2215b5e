/** The one engine behind every resource: a row says what a kind is, and these functions what can be done with it. */
import { ConfigurationError, checkKeys } from "@locus-sdk/core";
import type { z } from "zod";
import { type Control, type ControlAnswer, readAnswer } from "./client.ts";
import { checked, received, sent } from "./fields.ts";
import type {
  ActionOptions,
  CallOptions,
  ChangeOptions,
  Creatable,
  CreateOptions,
  Deletable,
  Movable,
  Readable,
  Resource,
  Tracked,
  Types,
  Updatable,
} from "./types.ts";
import { waitForState } from "./wait.ts";

/** Where a kind of resource is found. */
export interface Place {
  /** On the client: `projects`. */
  readonly name: string;
  /** In the path. */
  readonly path: string;
}

/** What a kind of resource is. */
export interface Kind<T extends Types> extends Place {
  /** One of it, in words. */
  readonly one: string;
  readonly item: z.ZodType<T["item"]>;
  /** What it can be listed by. */
  readonly filters: readonly (keyof T["query"] & string)[];
  readonly states: readonly T["state"][];
  /** States in which nothing goes on by itself, and those that may follow all the same. */
  readonly ends: Readonly<Record<string, readonly T["state"][]>>;
  readonly stateOf: (item: T["item"]) => string;
  /** Why it is in that state. */
  readonly whyOf: (
    item: T["item"],
    control: Control,
    signal: AbortSignal,
  ) => Promise<string | undefined> | string | undefined;
}

/** What can be made of a kind. */
export interface CreatableKind<T extends Types> extends Kind<T> {
  readonly create: z.ZodType<T["create"]>;
  /** Off for what is made in something else, and is where that is. */
  readonly inCompartment?: false;
}

export interface ResourceKind<T extends Types> extends CreatableKind<T> {
  readonly update: z.ZodType<T["update"]>;
}

/** Filters that most kinds have. */
export const FILTERS = [
  "compartmentId",
  "displayName",
  "id",
  "lifecycleState",
  "limit",
  "sortBy",
  "sortOrder",
] as const;

/** How most kinds end. */
export const LIFECYCLE = {
  states: ["CREATING", "ACTIVE", "UPDATING", "DELETING", "DELETED", "FAILED"],
  ends: {
    FAILED: ["DELETING", "DELETED"],
    DELETING: ["DELETED", "FAILED"],
    DELETED: [],
  },
  stateOf: ({ lifecycleState }: { readonly lifecycleState?: string | undefined }): string =>
    lifecycleState ?? "",
  whyOf: ({ lifecycleDetails }: { readonly lifecycleDetails?: string | undefined }): string | undefined =>
    lifecycleDetails,
} as const;

/** A kind that can be made, read, changed and deleted. */
export function resource<T extends Types>(control: Control, kind: ResourceKind<T>): Resource<T> {
  return {
    ...readable(control, kind),
    ...creatable(control, kind),
    ...updatable(control, kind),
    ...deletable(control, kind),
  };
}

export function readable<T extends Types>(control: Control, kind: Kind<T>): Readable<T> {
  const { name, path } = kind;
  const get = async (id: string, { signal }: CallOptions): Promise<T["item"]> => {
    const operation = `${name}.get`;
    const answer = await control.send({ operation, method: "GET", path: [path, id], signal });
    return itemIn(operation, kind.item, answer);
  };
  return {
    list: (query = {}, options = {}) =>
      pages(
        control,
        {
          operation: `${name}.list`,
          path: [path],
          item: kind.item,
          filters: kind.filters,
          inCompartment: true,
        },
        query,
        options,
      ),
    get(id, options = {}) {
      checkKeys(`${name}.get`, options, ["signal"]);
      return get(id, options);
    },
    async waitUntil(id, state, options = {}) {
      const item = await waitForState<T["item"]>(
        {
          operation: `${name}.waitUntil`,
          subject: `${kind.one} ${id}`,
          states: kind.states,
          ends: kind.ends,
          read: (signal) => get(id, { signal }),
          stateOf: kind.stateOf,
          whyOf: async (found, signal) => kind.whyOf(found, control, signal),
        },
        state,
        options,
      );
      // Only who waits for DELETED is given nothing, and the type says so.
      return item as T["item"];
    },
  };
}

export function creatable<T extends Types>(control: Control, kind: CreatableKind<T>): Creatable<T> {
  const { name, path, create, inCompartment } = kind;
  const operation = `${name}.create`;
  return {
    async create(details, { signal, retryToken, ...rest }: CreateOptions = {}) {
      checkKeys(operation, rest, ["signal", "retryToken"]);
      const body: T["create"] & { readonly compartmentId?: string } = checked(operation, create, details);
      const compartmentId =
        inCompartment === false ? undefined : control.compartmentOf(operation, body.compartmentId);
      return itemIn(
        operation,
        kind.item,
        await control.send({
          operation,
          method: "POST",
          path: [path],
          body: { ...body, ...(compartmentId !== undefined && { compartmentId }) },
          retryToken,
          signal,
        }),
      );
    },
  };
}

function updatable<T extends Types>(control: Control, kind: ResourceKind<T>): Updatable<T> {
  const operation = `${kind.name}.update`;
  return {
    async update(id, details, { signal, ifMatch, ...rest }: ChangeOptions = {}) {
      checkKeys(operation, rest, ["signal", "ifMatch"]);
      const body = checked(operation, kind.update, details);
      const answer = await control.send({
        operation,
        method: "PUT",
        path: [kind.path, id],
        body,
        ifMatch,
        signal,
      });
      return itemIn(operation, kind.item, answer);
    },
  };
}

export function deletable(control: Control, kind: Place): Deletable {
  return { delete: removing(control, kind, "delete") };
}

/** Deletes, by whatever name that goes. */
export function removing(
  control: Control,
  { name, path }: Place,
  verb: string,
): (id: string, options?: ChangeOptions) => Promise<void> {
  const operation = `${name}.${verb}`;
  return async (id, { signal, ifMatch, ...rest } = {}) => {
    checkKeys(operation, rest, ["signal", "ifMatch"]);
    await control.send({ operation, method: "DELETE", path: [path, id], ifMatch, signal });
  };
}

const moveDetails = sent.object<{ readonly compartmentId: string }>({ compartmentId: sent.text });

export function movable(control: Control, kind: Place): Movable {
  return {
    async changeCompartment(id, compartmentId, options) {
      const details = checked(`${kind.name}.changeCompartment`, moveDetails, { compartmentId });
      await act(control, kind, { action: "changeCompartment", id, body: details, options });
    },
  };
}

/** Something of its own that a kind can do, under the name of a method and, where that differs, of a path. */
export function act(
  control: Control,
  { name, path }: Place,
  {
    id,
    method,
    action,
    body,
    options: { signal, ifMatch, retryToken, ...rest } = {},
  }: {
    readonly id: string;
    readonly action: string;
    readonly method?: string;
    readonly body: object;
    readonly options: ActionOptions | undefined;
  },
): Promise<ControlAnswer> {
  const operation = `${name}.${method ?? action}`;
  checkKeys(operation, rest, ["signal", "ifMatch", "retryToken"]);
  return control.send({
    operation,
    method: "POST",
    path: [path, id, "actions", action],
    body,
    ifMatch,
    retryToken,
    signal,
  });
}

/** The item that an answer holds, with what its headers tell. */
export function itemIn<Item extends Tracked>(
  operation: string,
  item: z.ZodType<Item>,
  answer: ControlAnswer,
): Item & Tracked {
  return { ...readAnswer(operation, item, answer), ...trackedBy(answer.headers) };
}

function trackedBy(headers: Headers): Tracked {
  const etag = headers.get("etag");
  const workRequestId = headers.get("opc-work-request-id");
  return { ...(etag !== null && { etag }), ...(workRequestId !== null && { workRequestId }) };
}

/** What is listed, and how. */
export interface Listing<Item> {
  readonly operation: string;
  readonly path: readonly string[];
  readonly item: z.ZodType<Item>;
  readonly filters: readonly string[];
  /** Whether the list is of a compartment, and not of something in one. */
  readonly inCompartment: boolean;
}

/** The items of a list, page after page. */
export async function* pages<Item>(
  control: Control,
  { operation, path, item, filters, inCompartment }: Listing<Item>,
  given: object & { readonly compartmentId?: string | undefined },
  options: CallOptions,
): AsyncGenerator<Item, void> {
  checkKeys(operation, options, ["signal"]);
  checkKeys(operation, given, filters);
  const { compartmentId, ...rest } = given;
  const query = queryOf(operation, {
    ...(inCompartment && { compartmentId: control.compartmentOf(operation, compartmentId) }),
    ...rest,
  });
  const page = received.object<{ readonly items: readonly Item[] }>({ items: received.list(item) });
  const seen = new Set<string>();
  for (;;) {
    const answer = await control.send({ operation, method: "GET", path, query, signal: options.signal });
    yield* readAnswer(operation, page, answer).items;
    const next = answer.headers.get("opc-next-page") ?? "";
    // A page that names itself as the next one would never end.
    if (next === "" || seen.has(next)) return;
    seen.add(next);
    query.set("page", next);
  }
}

function queryOf(operation: string, given: object): URLSearchParams {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(given)) {
    for (const each of Array.isArray(value) ? value : [value]) {
      if (each === undefined) continue;
      if (typeof each !== "string" && typeof each !== "number") {
        throw new ConfigurationError(`${operation}: ${name} must be text or a number`);
      }
      query.append(name, String(each));
    }
  }
  return query;
}
