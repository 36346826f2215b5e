/** The one engine behind every resource: a row says what a kind is, and these functions what can be done with it. */
import { checkKeys } from "@locus-sdk/core";
import type { z } from "zod";
import { type Control, type ControlAnswer, readAnswer } from "./client.ts";
import { checked, sent } from "./fields.ts";
import type { CreatableKind, Kind, Place, ResourceKind } from "./kind.ts";
import { pages } from "./list.ts";
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
    async get(id, options = {}) {
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

function deletable(control: Control, kind: Place): Deletable {
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
