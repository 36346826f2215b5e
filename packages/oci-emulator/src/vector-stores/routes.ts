// Vector stores: created, listed, changed and deleted on one plane, filled and searched on the other.
import type { CredentialKind } from "../auth/authenticate.ts";
import { refusal } from "../http/dispatch.ts";
import { notFound, ociError } from "../http/envelopes.ts";
import type { Reply } from "../http/reply.ts";
import type { Route } from "../http/route.ts";
import type { JsonValue } from "../json.ts";
import { withBody } from "../surface/body.ts";
import { listReply } from "../surface/list.ts";
import { findFiles, withStore, withStores } from "./access.ts";
import { createStoreBody, updateStoreBody } from "./fields.ts";
import { storeFileRoutes } from "./file-routes.ts";
import { storeObject } from "./objects.ts";

/** The stores themselves: on either plane the same, but for other credentials. */
const storeRoutes = (credentials: readonly CredentialKind[]): readonly Route[] => [
  {
    method: "POST",
    path: /^\/20231130\/openai\/v1\/vector_stores$/,
    credentials,
    handle: withStores("compartment", (access) =>
      withBody(createStoreBody, access.call, (body) => {
        const { state, compartmentId, nowMs } = access;
        if (state.vectorStores.isFull) {
          const text = "The emulator keeps no more vector stores: delete some, or reset() it.";
          return refusal(ociError(400, "LimitExceeded", text), text);
        }
        const { chunking_strategy } = body;
        const wanted = (body.file_ids ?? []).map((file_id) => ({
          file_id,
          attributes: {},
          chunking_strategy,
        }));
        const found = findFiles(wanted, access);
        if (!found.ok) return found.reply;
        const details = {
          name: body.name ?? null,
          description: body.description ?? null,
          metadata: body.metadata ?? {},
          expiresAfterDays: body.expires_after?.days,
        };
        const store = state.vectorStores.create(compartmentId, details, nowMs);
        for (const file of found.files) store.add(file, nowMs);
        return ok(storeObject(store, nowMs));
      }),
    ),
  },
  {
    method: "GET",
    path: /^\/20231130\/openai\/v1\/vector_stores$/,
    credentials,
    handle: withStores("compartment", ({ call, state, compartmentId, nowMs }) =>
      listReply(state.vectorStores.in(compartmentId), call.request, {
        render: (store) => storeObject(state.vectorStores.get(store.id) ?? store, nowMs),
      }),
    ),
  },
  {
    method: "GET",
    path: /^\/20231130\/openai\/v1\/vector_stores\/[^/]+$/,
    credentials,
    handle: withStore("compartment", (store, { nowMs }) => ok(storeObject(store, nowMs))),
  },
  {
    method: "POST",
    path: /^\/20231130\/openai\/v1\/vector_stores\/[^/]+$/,
    credentials,
    handle: withStore("compartment", (store, { call, nowMs }) =>
      withBody(updateStoreBody, call, (body) => {
        const { name, description, metadata, expires_after: expires } = body;
        store.details = {
          name: name === undefined ? store.details.name : name,
          description: description === undefined ? store.details.description : description,
          metadata: metadata === undefined ? store.details.metadata : (metadata ?? {}),
          expiresAfterDays: expires === undefined ? store.details.expiresAfterDays : expires?.days,
        };
        return ok(storeObject(store, nowMs));
      }),
    ),
  },
  {
    method: "DELETE",
    path: /^\/20231130\/openai\/v1\/vector_stores\/[^/]+$/,
    credentials,
    handle: withStore("compartment", ({ id }, { state }) => {
      state.vectorStores.delete(id);
      return ok({ id, object: "vector_store.deleted", deleted: true });
    }),
  },
];

/** On the data plane: files, batches and search; the stores themselves for API keys. */
export const vectorStoreRoutes: readonly Route[] = [
  ...storeFileRoutes,
  ...storeRoutes(["api_key"]),
  {
    method: "*",
    path: /^\/openai\/v1\/vector_stores(\/[^/]+)?$/,
    credentials: ["signature", "api_key"],
    handle: () =>
      refusal(
        notFound,
        "vector stores themselves are on the control plane, and for API keys under /20231130/openai/v1",
      ),
  },
];

/** On the control plane: the stores themselves, for signed requests. */
export const vectorStoreControlRoutes: readonly Route[] = storeRoutes(["signature"]);

const ok = (body: JsonValue): Reply => ({ kind: "body", status: 200, body });
