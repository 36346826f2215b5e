// Lists of resources in the OpenAI shape, as the query asks for them: newest first unless told otherwise.
import { refusal } from "../http/dispatch.ts";
import { openaiError } from "../http/envelopes.ts";
import type { Reply } from "../http/reply.ts";
import type { RawRequest } from "../http/request.ts";
import type { JsonObject } from "../json.ts";
import { invalid } from "./body.ts";
import type { Listing } from "./listing.ts";

export function queryOf(request: RawRequest): URLSearchParams {
  return new URLSearchParams(request.target.slice(request.path.length));
}

/** The page that the query asks for: `limit`, `order`, `after` and `before`. */
export function listReply<Item extends { readonly id: string }>(
  listing: Listing<Item>,
  request: RawRequest,
  options: {
    readonly render: (item: Item) => JsonObject;
    readonly where?: (item: Item) => boolean;
    readonly limits?: { readonly usual: number; readonly most: number };
  },
): Reply {
  const { render, where = () => true, limits = { usual: 20, most: 100 } } = options;
  const query = queryOf(request);
  const limit = Number(query.get("limit") ?? limits.usual);
  if (!Number.isInteger(limit) || limit < 1 || limit > limits.most) {
    return invalid("limit", `Invalid 'limit': expected an integer from 1 to ${limits.most}.`);
  }
  const order = query.get("order") ?? "desc";
  if (order !== "asc" && order !== "desc") return invalid("order", "Invalid 'order': expected asc or desc.");
  const page = listing.page({
    after: query.get("after") ?? undefined,
    before: query.get("before") ?? undefined,
    limit,
    descending: order === "desc",
    where,
  });
  if ("unknown" in page) {
    const text = `No item with id '${query.get(page.unknown)}' found.`;
    return refusal(openaiError(404, text, { param: page.unknown }), text);
  }
  return {
    kind: "body",
    status: 200,
    body: {
      object: "list",
      data: page.items.map(render),
      first_id: page.items[0]?.id ?? null,
      last_id: page.items.at(-1)?.id ?? null,
      has_more: page.hasMore,
    },
  };
}
