// The thread that a response continues: what the server has, what the client sends, and whether the two fit together.
import { type ErrorReply, errorReplies, openaiError } from "../http/envelopes.ts";
import { type JsonObject, plainText } from "../json.ts";
import type { EmulatorState } from "../state.ts";
import { type Item, inputItems } from "./items.ts";
import type { ResponsesBody } from "./request.ts";
import { unseal } from "./sealed.ts";
import { itemsOf, type Thread } from "./store.ts";

export type Continued =
  | {
      readonly ok: true;
      readonly before: Thread | undefined;
      readonly input: readonly Item[];
      /** Everything the model sees: what came before, then the input. */
      readonly items: readonly Item[];
      readonly conversationId: string | undefined;
    }
  | { readonly ok: false; readonly error: ErrorReply; readonly reason: string };

const fail = (error: ErrorReply, reason: string): Continued & { readonly ok: false } => ({
  ok: false,
  error,
  reason,
});

export function continueThread(body: ResponsesBody, scope: string, state: EmulatorState): Continued {
  const found = findThread(body, scope, state);
  if (!found.ok) return found;
  const input: Item[] = [];
  for (const item of inputItems(body.input)) {
    const resolved = item.type === "item_reference" ? state.responses.item(item.id, scope) : item;
    if (resolved === undefined) return fail(itemNotFound(item.id), `there is no item ${item.id}`);
    input.push(resolved);
  }
  const items = [...itemsOf(found.before), ...input];
  const broken = checkReasoning(body, scope, state) ?? checkPairs(items);
  if (broken !== undefined) return fail(broken.error, broken.reason);
  return { ok: true, before: found.before, input, items, conversationId: found.conversationId };
}

type Found =
  | { readonly ok: true; readonly before: Thread | undefined; readonly conversationId: string | undefined }
  | (Continued & { readonly ok: false });

function findThread(body: ResponsesBody, scope: string, state: EmulatorState): Found {
  const previous = body.previous_response_id ?? undefined;
  const conversation = body.conversation ?? undefined;
  if (previous === undefined && conversation === undefined) {
    return { ok: true, before: undefined, conversationId: undefined };
  }
  if (state.settings.zeroDataRetention) {
    return fail(errorReplies.ZeroDataRetention, "the organisation has Zero Data Retention");
  }
  if (previous !== undefined) {
    const stored = state.responses.get(previous, scope);
    const status = stored === undefined ? undefined : state.responses.objectOf(stored).status;
    if (stored !== undefined && (status === "completed" || status === "incomplete")) {
      return { ok: true, before: stored.thread, conversationId: undefined };
    }
    const error = openaiError(
      state.settings.lostStateStatus,
      `Previous response with id '${previous}' not found.`,
      { param: "previous_response_id", code: "previous_response_not_found" },
    );
    return fail(
      error,
      `response ${previous} is ${stored === undefined ? "unknown here" : plainText(status)}`,
    );
  }
  const conversationId = typeof conversation === "string" ? conversation : (conversation?.id ?? "");
  const held = state.conversations.get(conversationId, scope);
  if (held === undefined) {
    return fail(conversationNotFound(conversationId), `there is no conversation ${conversationId}`);
  }
  return { ok: true, before: { before: undefined, items: held.items }, conversationId };
}

export const conversationNotFound = (id: string): ErrorReply =>
  openaiError(404, `Conversation with id '${id}' not found.`);

const itemNotFound = (id: string): ErrorReply =>
  openaiError(
    404,
    `Item with id '${id}' not found. Items are not persisted when 'store' is set to false. Try again with 'store' set to true, or remove this item from your input.`,
    { param: "input" },
  );

interface Broken {
  readonly error: ErrorReply;
  readonly reason: string;
}

/** Calls of the client's tools, and what answers them. */
const answers: Readonly<Record<string, string>> = {
  function_call_output: "function_call",
  custom_tool_call_output: "custom_tool_call",
  computer_call_output: "computer_call",
};
const calls: ReadonlySet<string> = new Set(Object.values(answers));

/** Every call is answered once, after it was made; nothing else is answered. */
function checkPairs(items: readonly Item[]): Broken | undefined {
  const open = new Map<string, string>();
  const approvals = new Set(items.filter(({ type }) => type === "mcp_approval_request").map(({ id }) => id));
  for (const item of items) {
    const callId = plainText(item.call_id);
    if (calls.has(item.type)) open.set(callId, item.type);
    const expected = answers[item.type];
    if (expected !== undefined && open.get(callId) !== expected) {
      const text = `No tool call found for function call output with call_id ${callId}.`;
      return { error: openaiError(400, text, { param: "input" }), reason: `nobody called ${callId}` };
    }
    if (expected !== undefined) open.delete(callId);
    const approval = plainText(item.approval_request_id);
    if (item.type === "mcp_approval_response" && !approvals.has(approval)) {
      const text = `No approval request found with id '${approval}'.`;
      return { error: openaiError(400, text, { param: "input" }), reason: `nobody asked ${approval}` };
    }
  }
  const [pending] = open.keys();
  if (pending === undefined) return undefined;
  const text = `No tool output found for function call ${pending}.`;
  return { error: openaiError(400, text, { param: "input" }), reason: `call ${pending} is unanswered` };
}

/** Reasoning that comes back must be as it was issued, and stand before what came of it. */
function checkReasoning(body: ResponsesBody, scope: string, state: EmulatorState): Broken | undefined {
  if (typeof body.input === "string") return undefined;
  for (const [index, item] of body.input.entries()) {
    if (item.type !== "reasoning") continue;
    const id = typeof item.id === "string" ? item.id : "";
    if (typeof item.encrypted_content !== "string") {
      if (id === "" || state.responses.item(id, scope) !== undefined) continue;
      return { error: itemNotFound(id), reason: `reasoning ${id} is neither stored nor encrypted` };
    }
    const sealed = unseal(item.encrypted_content, state.trust.current.issuerKey);
    if (sealed === undefined) {
      const text = `The encrypted content for item ${id} could not be verified. Reason: Encrypted content could not be decrypted or parsed.`;
      const error = openaiError(400, text, { code: "invalid_encrypted_content" });
      return { error, reason: `the encrypted content of ${id} was changed` };
    }
    const following = body.input.slice(index + 1).find(({ type }) => type !== "reasoning");
    if (!continues(following, sealed.callIds)) {
      const text = `Item '${id}' of type 'reasoning' was provided without its required following item.`;
      return { error: openaiError(400, text, { param: "input" }), reason: `reasoning ${id} is out of place` };
    }
  }
  return undefined;
}

function continues(item: JsonObject | undefined, callIds: readonly string[]): boolean {
  if (item === undefined || answers[plainText(item.type)] !== undefined) return false;
  if (item.type === "function_call") return callIds.includes(plainText(item.call_id));
  return (item.type ?? "message") !== "message" || item.role === "assistant";
}
