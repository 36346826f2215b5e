// Lists in the OpenAI shape: a page of items after a cursor, newest first unless asked otherwise.
import { type ErrorReply, openaiError } from "../http/envelopes.ts";
import type { RawRequest } from "../http/request.ts";
import type { JsonObject } from "../json.ts";

/** Anything that a list can hold: the cursor is its id. */
interface Listed extends JsonObject {
  readonly id: string;
}

export type Page =
  | { readonly ok: true; readonly list: JsonObject }
  | { readonly ok: false; readonly error: ErrorReply };

/** The page that the query asks for: `limit` (1 to 100, default 20), `order` and `after`. */
export function pageOf(items: readonly Listed[], request: RawRequest): Page {
  const query = new URLSearchParams(request.target.slice(request.path.length));
  const limit = Number(query.get("limit") ?? 20);
  if (!Number.isInteger(limit) || limit < 1 || limit > 100) {
    const text = "Invalid 'limit': expected an integer from 1 to 100.";
    return { ok: false, error: openaiError(400, text, { param: "limit", code: "invalid_value" }) };
  }
  const ordered = query.get("order") === "asc" ? items : items.toReversed();
  const after = query.get("after");
  const start = after === null ? 0 : ordered.findIndex(({ id }) => id === after) + 1;
  if (after !== null && start === 0) {
    const text = `No item with id '${after}' found.`;
    return { ok: false, error: openaiError(404, text, { param: "after" }) };
  }
  const data = ordered.slice(start, start + limit);
  return {
    ok: true,
    list: {
      object: "list",
      data,
      first_id: data[0]?.id ?? null,
      last_id: data.at(-1)?.id ?? null,
      has_more: start + limit < ordered.length,
    },
  };
}
