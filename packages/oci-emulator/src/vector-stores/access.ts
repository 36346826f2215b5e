// Whose vector stores a request may see, and whether a store can be worked with.
import { refusal } from "../http/dispatch.ts";
import { openaiError } from "../http/envelopes.ts";
import type { Reply } from "../http/reply.ts";
import type { Call, Route } from "../http/route.ts";
import type { EmulatorState } from "../state.ts";
import { checkCompartmentHeader, scopeOf } from "../surface/scope.ts";
import type { AddFileBody } from "./fields.ts";
import type { NewStoreFile } from "./store-files.ts";
import type { VectorStore } from "./vector-store.ts";

/** A request, and what it may see: stores of a compartment, files of a project. */
export interface StoreCall {
  readonly call: Call;
  readonly state: EmulatorState;
  readonly compartmentId: string;
  readonly projectScope: string;
  readonly nowMs: number;
}

/** Files need a project, stores do not. */
type Needs = "project" | "compartment";

export function withStores(needs: Needs, handle: (access: StoreCall) => Reply): Route["handle"] {
  return (call, state) => {
    const outside = checkCompartmentHeader(call, state);
    if (outside !== undefined) return refusal(outside.error, outside.reason);
    const scoped = scopeOf(call, state, needs === "project");
    if (!scoped.ok) return refusal(scoped.refused.error, scoped.refused.reason);
    const { principal, request } = call;
    const compartmentId =
      principal.kind === "api_key"
        ? principal.compartmentId
        : (request.headers.first("opc-compartment-id") ?? "");
    const nowMs = state.clock.now().getTime();
    return handle({ call, state, compartmentId, projectScope: scoped.scope, nowMs });
  };
}

export function withStore(
  needs: Needs,
  handle: (store: VectorStore, access: StoreCall) => Reply,
): Route["handle"] {
  return withStores(needs, (access) => {
    const id = /\/vector_stores\/([^/]+)/.exec(access.call.request.path)?.[1] ?? "";
    const found = access.state.vectorStores.get(id, access.compartmentId);
    if (found !== undefined) return handle(found, access);
    return missing(`Vector store with id '${id}' not found.`);
  });
}

/** The store if it is ready to be filled and searched: doing so is activity. */
export function withReadyStore(
  needs: Needs,
  handle: (store: VectorStore, access: StoreCall) => Reply,
): Route["handle"] {
  return withStore(needs, (store, access) => {
    const status = store.statusAt(access.nowMs);
    if (status === "completed") {
      store.lastActiveMs = access.nowMs;
      return handle(store, access);
    }
    const text =
      status === "expired"
        ? `Vector store '${store.id}' is expired.`
        : `Vector store '${store.id}' is still in_progress: wait until its status is completed.`;
    return refusal(openaiError(400, text, { param: "vector_store_id", code: "invalid_state" }), text);
  });
}

export const missing = (text: string): Reply => refusal(openaiError(404, text), text);

/** The files that bodies name, or the refusal for the first that is none of this project's. */
export function findFiles(
  bodies: readonly AddFileBody[],
  { state, projectScope }: StoreCall,
):
  | { readonly ok: true; readonly files: readonly NewStoreFile[] }
  | { readonly ok: false; readonly reply: Reply } {
  const found: NewStoreFile[] = [];
  for (const { file_id: id, attributes, chunking_strategy: chunking } of bodies) {
    const source = state.files.get(id, projectScope);
    if (source === undefined) return { ok: false, reply: missing(`No such File object: ${id}`) };
    found.push({ source, attributes, chunking });
  }
  return { ok: true, files: found };
}
