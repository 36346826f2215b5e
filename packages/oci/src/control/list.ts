/** Lists, page after page, each asked for when the one before it is used up. */
import { ConfigurationError, checkKeys } from "@locus-sdk/core";
import { z } from "zod";
import { type Control, readAnswer } from "./client.ts";
import { received } from "./fields.ts";
import type { CallOptions } from "./types.ts";

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
  const page = received.object<{ readonly items: readonly Item[] }>({ items: z.array(item) });
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
