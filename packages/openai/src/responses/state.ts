/** What is handed back to us with the next request, and what it lets us leave out of it. Pure. */
import {
  canonicalJson,
  type JsonObject,
  type JsonValue,
  type Message,
  type ModelRequest,
  type ProviderState,
} from "@locus-sdk/core";
import { z } from "zod";
import type { ChatProfile } from "../chat/profile.ts";
import { digestsOf, type Prefix } from "./history.ts";

/** What a request goes on with: a response or a conversation that the server keeps. */
export type ServerLink = { readonly responseId: string } | { readonly conversationId: string };

/** What the server was left with, as it is stored with a thread. */
export type ServerState = (Prefix & ServerLink) | { readonly stateless: true };

/** For whom, and where, a stored state holds. */
export interface StateOwner {
  readonly provider: string;
  readonly modelId: string;
  /** Where ids are valid: the endpoint, the project. */
  readonly scope: JsonObject;
}

/** What a stored state comes to: nothing usable and perhaps why, or the state. */
export type ReadState =
  | { readonly kind: "none"; readonly why?: string }
  | { readonly kind: "known"; readonly state: ServerState };

const TRANSPORT = "responses";

const isObject = (value: unknown): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const common = {
  transport: z.literal(TRANSPORT),
  scope: z.custom<JsonObject>(isObject),
};
const prefix = { ...common, cursor: z.number().int().nonnegative(), digest: z.string() };
const stored = z.union([
  z.object({ ...prefix, responseId: z.string().min(1) }),
  z.object({ ...prefix, conversationId: z.string().min(1) }),
  z.object({ ...common, stateless: z.literal(true) }),
]);

/** Reads what an earlier answer left in `request`. */
export function readState(request: ModelRequest, owner: StateOwner): ReadState {
  const { providerState } = request;
  if (providerState === undefined) return { kind: "none" };
  if (providerState.provider !== owner.provider || providerState.modelId !== owner.modelId) {
    return { kind: "none" };
  }
  const parsed = stored.safeParse(providerState.data);
  if (!parsed.success) return { kind: "none" };
  const { transport: _transport, scope, ...state } = parsed.data;
  if (canonicalJson(scope) !== canonicalJson(owner.scope)) {
    if ("stateless" in state) return { kind: "none" };
    return { kind: "none", why: "the conversation was kept at another endpoint or for another project" };
  }
  return { kind: "known", state };
}

/** The state that goes with an answer. */
export function makeState(state: ServerState, owner: StateOwner): ProviderState {
  const data: JsonValue = { transport: TRANSPORT, scope: owner.scope, ...state };
  return { provider: owner.provider, modelId: owner.modelId, data };
}

/** What is sent of a conversation: the messages from `from` on, behind `link`; and why not less, where that is news. */
export interface Continuation {
  readonly from: number;
  readonly link?: ServerLink;
  readonly why?: string;
}

/** Goes on from `state` where the server's part of `messages` is as it was, and from the beginning where it is not. */
export function continueFrom(
  state: Prefix & ServerLink,
  messages: readonly Message[],
  profile: ChatProfile,
): Continuation {
  const { cursor, digest } = state;
  const same = cursor <= messages.length && digestsOf(messages, cursor, profile).at === digest;
  if (!same) return { from: 0, why: "the history has changed since the server saw it" };
  return {
    from: cursor,
    link: "responseId" in state ? { responseId: state.responseId } : { conversationId: state.conversationId },
  };
}
