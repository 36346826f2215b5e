// Responses as resources: create, retrieve, delete, list input items, cancel; on all three bases.
import { refusal } from "../http/dispatch.ts";
import { openaiError } from "../http/envelopes.ts";
import type { Reply } from "../http/reply.ts";
import type { Call, Route } from "../http/route.ts";
import type { EmulatorState } from "../state.ts";
import { checkCompartmentHeader, scopeOf } from "../surface/scope.ts";
import { createResponse, isBarePath } from "./handler.ts";
import { pageOf } from "./page.ts";
import type { StoredResponse } from "./store.ts";

const base = `^/(?:openai/v1|20231130/actions/v1|v1)/responses`;
const credentials = ["signature", "api_key"] as const;

export const responsesRoutes: readonly Route[] = [
  { method: "POST", path: new RegExp(`${base}$`), credentials, handle: createResponse },
  {
    method: "GET",
    path: new RegExp(`${base}/[^/]+$`),
    credentials,
    handle: withResponse((stored, state) => ok(state.responses.objectOf(stored))),
  },
  {
    method: "DELETE",
    path: new RegExp(`${base}/[^/]+$`),
    credentials,
    handle: withResponse((stored, state) => {
      state.responses.delete(stored.id);
      return ok({ id: stored.id, object: "response.deleted", deleted: true });
    }),
  },
  {
    method: "GET",
    path: new RegExp(`${base}/[^/]+/input_items$`),
    credentials,
    handle: withResponse((stored, _, { request }) => {
      const page = pageOf(stored.input, request);
      return page.ok ? ok(page.list) : refusal(page.error, "the query asks for no page");
    }),
  },
  {
    method: "POST",
    path: new RegExp(`${base}/[^/]+/cancel$`),
    credentials,
    handle: withResponse(cancel),
  },
];

const ok = (body: Extract<Reply, { kind: "body" }>["body"]): Reply => ({ kind: "body", status: 200, body });

function withResponse(
  handle: (stored: StoredResponse, state: EmulatorState, call: Call) => Reply,
): Route["handle"] {
  return (call, state) => {
    const outside = checkCompartmentHeader(call, state);
    if (outside !== undefined) return refusal(outside.error, outside.reason);
    const scoped = scopeOf(call, state, !isBarePath(call.request.path));
    if (!scoped.ok) return refusal(scoped.refused.error, scoped.refused.reason);
    const id = /\/responses\/([^/]+)/.exec(call.request.path)?.[1] ?? "";
    const stored = state.responses.get(decodeURIComponent(id), scoped.scope);
    if (stored !== undefined) return handle(stored, state, call);
    return refusal(openaiError(404, `Response with id '${id}' not found.`), `there is no response ${id}`);
  };
}

function cancel(stored: StoredResponse, state: EmulatorState): Reply {
  const object = state.responses.objectOf(stored);
  if (object.background !== true) {
    const error = openaiError(400, "Cannot cancel a synchronous response.", { param: "response_id" });
    return refusal(error, "only background responses can be cancelled");
  }
  if (object.status !== "in_progress") return ok(object);
  const cancelled = { ...object, status: "cancelled" };
  state.responses.put({ ...stored, object: cancelled, readyMs: 0 });
  return ok(cancelled);
}
