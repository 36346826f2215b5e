// Lists: filters, order and pages, alike for everything the control plane lists.
import { refusal } from "../http/dispatch.ts";
import { ociError } from "../http/envelopes.ts";
import type { Reply } from "../http/reply.ts";
import type { RawRequest } from "../http/request.ts";
import { isJsonObject, type JsonObject, parseJson } from "../json.ts";
import type { EmulatorState } from "../state.ts";
import { checkCompartment, type Refused } from "../surface/scope.ts";

/** Something in a list: its body, and its place among those that are alike in what the list is sorted by. */
export interface Listed {
  readonly serial: number;
  readonly body: JsonObject;
}

export interface ListRules {
  /** Query parameters that filter, and the path of the field each looks at. */
  readonly filters: Readonly<Record<string, readonly string[]>>;
  /** Fields to sort by, and the order each has by default; the first is the default. */
  readonly sorts: Readonly<Record<string, "ASC" | "DESC">>;
}

export const queryOf = ({ target, path }: RawRequest): URLSearchParams =>
  new URLSearchParams(target.slice(path.length));

const invalid = (message: string): Reply => refusal(ociError(400, "InvalidParameter", message), message);

const missingCompartment: Refused = {
  error: ociError(400, "MissingParameter", "Missing required query parameter: compartmentId."),
  reason: "the query names no compartmentId",
};

/** A list must say of which compartment, and it must be one of this emulator's. */
export function checkListCompartment(
  query: URLSearchParams,
  state: EmulatorState,
  required = true,
): Refused | undefined {
  const compartmentId = query.get("compartmentId");
  if (compartmentId !== null) return checkCompartment(compartmentId, state);
  return required ? missingCompartment : undefined;
}

const defaultLimit = 100;
const maxLimit = 1000;

/** One page of a list. */
export function listReply(all: readonly Listed[], query: URLSearchParams, rules: ListRules): Reply {
  const limit = Number(query.get("limit") ?? defaultLimit);
  if (!Number.isInteger(limit) || limit < 1 || limit > maxLimit) {
    return invalid(`limit must be a whole number from 1 to ${maxLimit}.`);
  }
  const sortBy = query.get("sortBy") ?? Object.keys(rules.sorts)[0] ?? "";
  const order = query.get("sortOrder") ?? rules.sorts[sortBy];
  if (!Object.hasOwn(rules.sorts, sortBy)) {
    return invalid(`sortBy must be one of ${Object.keys(rules.sorts).join(", ")}.`);
  }
  if (order !== "ASC" && order !== "DESC") return invalid("sortOrder must be ASC or DESC.");
  const after = placeOf(query.get("page"), sortBy);
  if (after === "invalid") return invalid("page is no page of this list.");
  const compare = (one: Place, other: Place): number =>
    (order === "ASC" ? 1 : -1) *
    (one.key < other.key ? -1 : one.key > other.key ? 1 : one.serial - other.serial);
  const found = all
    .filter(({ body }) => matches(body, query, rules.filters))
    .map(({ body, serial }) => ({ body, serial, key: keyOf(body, sortBy) }))
    .filter((place) => after === undefined || compare(place, after) > 0)
    .toSorted(compare);
  const page = found.slice(0, limit);
  const last = page.at(-1);
  const more = last !== undefined && found.length > limit;
  return {
    kind: "body",
    status: 200,
    body: { items: page.map(({ body }) => body) },
    ...(more ? { headers: { "opc-next-page": pageAfter(last, sortBy) } } : {}),
  };
}

/** Where something stands in a sorted list. */
interface Place {
  readonly key: string | number;
  readonly serial: number;
}

function keyOf(body: JsonObject, sortBy: string): string | number {
  const value = body[sortBy];
  return typeof value === "number" || typeof value === "string" ? value : "";
}

/** Opaque to clients: the place of the last item, so that what comes and goes meanwhile shifts nothing. */
const pageAfter = ({ key, serial }: Place, sortBy: string): string =>
  Buffer.from(JSON.stringify({ sortBy, key, serial })).toString("base64url");

function placeOf(page: string | null, sortBy: string): Place | undefined | "invalid" {
  if (page === null) return undefined;
  const place = parseJson(Buffer.from(page, "base64url").toString());
  if (!isJsonObject(place) || place.sortBy !== sortBy || typeof place.serial !== "number") return "invalid";
  const { key, serial } = place;
  return typeof key === "string" || typeof key === "number" ? { key, serial } : "invalid";
}

function matches(body: JsonObject, query: URLSearchParams, filters: ListRules["filters"]): boolean {
  return Object.entries(filters).every(([name, path]) => {
    const wanted = query.getAll(name);
    if (wanted.length === 0) return true;
    let value: unknown = body;
    for (const step of path) value = isJsonObject(value) ? value[step] : undefined;
    const held: readonly unknown[] = Array.isArray(value) ? value : [value];
    return held.some((one) => typeof one === "string" && wanted.includes(one));
  });
}
