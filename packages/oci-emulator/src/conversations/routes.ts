// Conversations as resources: create, retrieve, update, delete, and their items.
import { z } from "zod";
import { refusal } from "../http/dispatch.ts";
import { openaiError } from "../http/envelopes.ts";
import type { Reply } from "../http/reply.ts";
import type { Call, Route } from "../http/route.ts";
import { isJsonObject, type JsonObject, type JsonValue } from "../json.ts";
import { inputItems } from "../responses/items.ts";
import { pageOf } from "../responses/page.ts";
import { conversationNotFound } from "../responses/thread.ts";
import type { EmulatorState } from "../state.ts";
import { withBody } from "../surface/body.ts";
import { withProject } from "../surface/project.ts";
import type { Conversation } from "./store.ts";

const base = `^/(?:openai/v1|20231130/actions/v1)/conversations`;
const credentials = ["signature", "api_key"] as const;
/** Most items that one request may bring. */
const maxItems = 20;
const maxMetadata = 16;

const item: z.ZodType<JsonObject> = z.custom<JsonObject>(
  (value) => isJsonObject(value) && (typeof value.type === "string" || typeof value.role === "string"),
  "expected an item",
);
const items = z.array(item).max(maxItems, `expected at most ${maxItems} items`);
const metadata: z.ZodType<Record<string, string>> = z
  .record(z.string().max(64), z.string().max(512))
  .refine((pairs) => Object.keys(pairs).length <= maxMetadata, `expected at most ${maxMetadata} pairs`);

const createBody = z.strictObject({ items: items.nullish(), metadata: metadata.nullish() });
const updateBody = z.strictObject({ metadata });
const itemsBody = z.strictObject({ items });

export const conversationRoutes: readonly Route[] = [
  {
    method: "POST",
    path: new RegExp(`${base}$`),
    credentials,
    handle: withProject((call, state, scope) =>
      withBody(createBody, call, ({ items: given, metadata: pairs }) =>
        ok(objectOf(state.conversations.create(scope, pairs ?? {}, inputItems(given ?? [])))),
      ),
    ),
  },
  {
    method: "GET",
    path: new RegExp(`${base}/[^/]+$`),
    credentials,
    handle: withConversation((conversation) => ok(objectOf(conversation))),
  },
  {
    method: "POST",
    path: new RegExp(`${base}/[^/]+$`),
    credentials,
    handle: withConversation((conversation, state, call) =>
      withBody(updateBody, call, (change) =>
        ok(objectOf(state.conversations.update(conversation.id, () => change) ?? conversation)),
      ),
    ),
  },
  {
    method: "DELETE",
    path: new RegExp(`${base}/[^/]+$`),
    credentials,
    handle: withConversation(({ id }, state) => {
      state.conversations.delete(id);
      return ok({ id, object: "conversation.deleted", deleted: true });
    }),
  },
  {
    method: "POST",
    path: new RegExp(`${base}/[^/]+/items$`),
    credentials,
    handle: withConversation((conversation, state, call) =>
      withBody(itemsBody, call, (body) => {
        const added = inputItems(body.items);
        state.conversations.update(conversation.id, (now) => ({ items: [...now.items, ...added] }));
        const [first, last] = [added[0]?.id ?? null, added.at(-1)?.id ?? null];
        return ok({ object: "list", data: added, first_id: first, last_id: last, has_more: false });
      }),
    ),
  },
  {
    method: "GET",
    path: new RegExp(`${base}/[^/]+/items$`),
    credentials,
    handle: withConversation((conversation, _, { request }) => {
      const page = pageOf(conversation.items, request);
      return page.ok ? ok(page.list) : refusal(page.error, "the query asks for no page");
    }),
  },
  {
    method: "GET",
    path: new RegExp(`${base}/[^/]+/items/[^/]+$`),
    credentials,
    handle: withItem((_, found) => ok(found)),
  },
  {
    method: "DELETE",
    path: new RegExp(`${base}/[^/]+/items/[^/]+$`),
    credentials,
    handle: withItem((conversation, { id }, state) => {
      const changed = state.conversations.update(conversation.id, (now) => ({
        items: now.items.filter((held) => held.id !== id),
      }));
      return ok(objectOf(changed ?? conversation));
    }),
  },
];

const ok = (body: JsonValue): Reply => ({ kind: "body", status: 200, body });

const objectOf = ({ id, createdMs, metadata: pairs }: Conversation): JsonObject => ({
  id,
  object: "conversation",
  created_at: Math.floor(createdMs / 1000),
  metadata: pairs,
});

function withConversation(
  handle: (conversation: Conversation, state: EmulatorState, call: Call) => Reply,
): Route["handle"] {
  return withProject((call, state, scope) => {
    const id = /\/conversations\/([^/]+)/.exec(call.request.path)?.[1] ?? "";
    const found = state.conversations.get(id, scope);
    if (found !== undefined) return handle(found, state, call);
    return refusal(conversationNotFound(id), `there is no conversation ${id}`);
  });
}

function withItem(
  handle: (conversation: Conversation, item: Conversation["items"][number], state: EmulatorState) => Reply,
): Route["handle"] {
  return withConversation((conversation, state, { request }) => {
    const id = /\/items\/([^/]+)$/.exec(request.path)?.[1] ?? "";
    const found = conversation.items.find((held) => held.id === id);
    if (found !== undefined) return handle(conversation, found, state);
    return refusal(openaiError(404, `Item with id '${id}' not found.`), `there is no item ${id}`);
  });
}
