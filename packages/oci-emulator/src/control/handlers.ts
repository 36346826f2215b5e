// Create, get, list, update, delete and move: one engine for every row of the table.
import type { z } from "zod";
import { refusal } from "../http/dispatch.ts";
import { notFound, ociError } from "../http/envelopes.ts";
import type { Reply } from "../http/reply.ts";
import type { RawRequest } from "../http/request.ts";
import type { Call, Route } from "../http/route.ts";
import type { JsonObject } from "../json.ts";
import type { EmulatorState } from "../state.ts";
import { checkCompartment, type Refused } from "../surface/scope.ts";
import { moveBody } from "./bodies.ts";
import { checkBody } from "./check-body.ts";
import { textOf } from "./fields.ts";
import { type Action, active, type Resource, stateAt } from "./lifecycle.ts";
import { checkListCompartment, type Listed, type ListRules, listReply, queryOf } from "./list.ts";
import { etagOf } from "./resources.ts";
import type { Outcome } from "./retries.ts";
import type { ResourceRow } from "./rows.ts";
import { isoOf } from "./work-requests.ts";

const limitExceeded = ociError(400, "LimitExceeded", "The service limit for this resource was exceeded.");
const invalidatedToken = ociError(
  409,
  "InvalidatedRetryToken",
  "The retry token was used for another request, or what that request made has been deleted.",
);
const noEtagMatch = ociError(412, "NoEtagMatch", "The etag does not match the resource's.");

export const refused = ({ error, reason }: Refused): Reply => refusal(error, reason);

export const idIn = ({ path }: RawRequest): string => decodeURIComponent(path.split("/")[3] ?? "");

/** A resource as the wire has it; right after a change, in the state that the change begins with. */
export function bodyOf(
  resource: Resource,
  row: ResourceRow,
  state: EmulatorState,
  begun?: Action,
): JsonObject {
  const { change, fields, createdMs, updatedMs } = resource;
  const now = stateAt(resource, row.lifecycle, state.control.nowMs);
  const shown = Object.entries(fields).filter(([name]) => row.hidden?.includes(name) !== true);
  return {
    displayName: `${row.ocid}${isoOf(createdMs).replace(/\D/g, "").slice(0, 14)}`,
    freeformTags: {},
    definedTags: {},
    systemTags: {},
    ...row.extra?.(resource, state),
    ...Object.fromEntries(shown),
    id: resource.id,
    compartmentId: resource.compartmentId,
    timeCreated: isoOf(createdMs),
    ...(updatedMs === undefined ? {} : { timeUpdated: isoOf(updatedMs) }),
    lifecycleState: (begun === undefined ? undefined : row.lifecycle[begun]?.begun) ?? now,
    ...(now === "FAILED" && begun === undefined ? { lifecycleDetails: change.failure } : {}),
  };
}

/** Answers with a resource after something was done to it. */
export function done(
  resource: Resource,
  row: ResourceRow,
  state: EmulatorState,
  operation: string | undefined,
  body?: JsonObject,
): Outcome {
  const work =
    operation === undefined
      ? undefined
      : state.control.workRequests.open(operation, row.entity, resource, state.trust.current.region);
  return {
    kind: "body",
    status: body === undefined ? (work === undefined ? 204 : 202) : 200,
    body: body ?? "",
    headers: {
      etag: etagOf(resource),
      ...(work === undefined ? {} : { "opc-work-request-id": work.id }),
    },
    stands: () => (state.control.find(resource.kind, resource.id)?.change.action ?? "delete") !== "delete",
  };
}

/** Does what a retry token asks for only once. */
export function once(act: (call: Call, state: EmulatorState) => Outcome): Route["handle"] {
  return (call, state) => {
    const { retries, nowMs } = state.control;
    const outcome = retries.once(call.request, nowMs, () => act(call, state));
    return outcome.kind === "invalidated" ? refusal(invalidatedToken, outcome.reason) : outcome;
  };
}

/** Creates a resource; `made` is told of it before the answer, and may add to what is shown. */
export function creates(
  row: ResourceRow,
  made: (resource: Resource, body: JsonObject, state: EmulatorState) => JsonObject = () => ({}),
): Route["handle"] {
  return once(({ request }, state) => {
    const checked = checkBody(row.bodies.create, request);
    if (!checked.ok) return refused(checked.refused);
    const { body } = checked;
    const { compartmentId: named, ...fields } = body;
    const outside =
      (named === undefined ? undefined : checkCompartment(textOf(body, "compartmentId"), state)) ??
      row.related?.(body, state);
    if (outside !== undefined) return refused(outside);
    const compartmentId = row.compartmentOf?.(body, state) ?? textOf(body, "compartmentId");
    const { region } = state.trust.current;
    const resource = state.control.create(row.kind, { ocid: row.ocid, compartmentId, fields, region }, body);
    if (resource === undefined) return refusal(limitExceeded, `there are too many ${row.kind}`);
    const shown = made(resource, body, state);
    const answer = { ...bodyOf(resource, row, state, "create"), ...shown };
    return done(resource, row, state, row.operations.create, answer);
  });
}

export function gets(row: ResourceRow): Route["handle"] {
  return ({ request }, state) => {
    const found = state.control.find(row.kind, idIn(request));
    if (found === undefined) return refusal(notFound, `there is no ${row.entity} ${idIn(request)}`);
    const body = bodyOf(found, row, state);
    return { kind: "body", status: 200, body, headers: { etag: etagOf(found) } };
  };
}

/** What all lists are filtered and sorted by. */
const listRules: ListRules = {
  filters: {
    compartmentId: ["compartmentId"],
    displayName: ["displayName"],
    id: ["id"],
    lifecycleState: ["lifecycleState"],
  },
  sorts: { timeCreated: "DESC", displayName: "ASC" },
};

export const rulesOf = ({ filters }: ResourceRow): ListRules => ({
  ...listRules,
  filters: { ...listRules.filters, ...filters },
});

export const listedOf = (row: ResourceRow, state: EmulatorState): readonly Listed[] =>
  state.control
    .all(row.kind)
    .map((resource) => ({ serial: resource.serial, body: bodyOf(resource, row, state) }));

export function lists(row: ResourceRow): Route["handle"] {
  return ({ request }, state) => {
    const query = queryOf(request);
    // Semantic stores can be listed across compartments.
    const outside = checkListCompartment(query, state, row.kind !== "semanticStores");
    return outside === undefined ? listReply(listedOf(row, state), query, rulesOf(row)) : refused(outside);
  };
}

/** Finds a resource that may be changed now: it is there, the etag fits, and nothing else is going on. */
export function changeable(
  row: ResourceRow,
  { request }: Call,
  state: EmulatorState,
  states: readonly string[] = [active],
): { readonly ok: true; readonly resource: Resource } | { readonly ok: false; readonly reply: Reply } {
  const id = idIn(request);
  const resource = state.control.find(row.kind, id);
  const now = resource === undefined ? "DELETED" : stateAt(resource, row.lifecycle, state.control.nowMs);
  if (resource === undefined || now === "DELETED") {
    return { ok: false, reply: refusal(notFound, `there is no ${row.entity} ${id}`) };
  }
  const wanted = request.headers.first("if-match");
  if (wanted !== undefined && wanted !== "*" && wanted !== etagOf(resource)) {
    return { ok: false, reply: refusal(noEtagMatch, `if-match is not the etag of ${id}`) };
  }
  if (states.includes(now)) return { ok: true, resource };
  const text = `The ${row.entity} is ${now}, which does not allow this request.`;
  return { ok: false, reply: refusal(ociError(409, "IncorrectState", text), text) };
}

export function updates(row: ResourceRow, schema: z.ZodType<JsonObject>): Route["handle"] {
  return (call, state) => {
    const checked = checkBody(schema, call.request);
    if (!checked.ok) return refused(checked.refused);
    const target = changeable(row, call, state);
    if (!target.ok) return target.reply;
    const { resource } = target;
    const action = row.lifecycle.update === undefined ? undefined : "update";
    const changed = state.control.change(resource, action, {
      fields: { ...resource.fields, ...checked.body },
    });
    const body = bodyOf(changed, row, state, action);
    return done(changed, row, state, row.operations.update, body);
  };
}

export function deletes(row: ResourceRow): Route["handle"] {
  return (call, state) => {
    const target = changeable(row, call, state, row.lifecycle.deletable);
    if (!target.ok) return target.reply;
    const held = row.inUse?.(target.resource, state);
    if (held !== undefined) return refused(held);
    const changed = state.control.change(target.resource, "delete");
    row.onDelete?.(changed, state);
    return done(changed, row, state, row.operations.delete);
  };
}

export function moves(row: ResourceRow): Route["handle"] {
  return once((call, state) => {
    const checked = checkBody(moveBody, call.request);
    if (!checked.ok) return refused(checked.refused);
    const { compartmentId } = checked.body;
    const outside = checkCompartment(compartmentId, state);
    if (outside !== undefined) return refused(outside);
    const target = changeable(row, call, state);
    if (!target.ok) return target.reply;
    // Without work to watch there is nothing to wait for either.
    const action = row.operations.move === undefined ? undefined : "update";
    const changed = state.control.change(target.resource, action, { compartmentId });
    return done(changed, row, state, row.operations.move);
  });
}
