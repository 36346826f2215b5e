/** Where a request goes on: behind what the server has, or from the beginning. */
import type { Message, ModelRequest } from "@locus-sdk/core";
import type { OpenAI } from "openai";
import type { ChatProfile } from "../chat/profile.ts";
import type { Lessons } from "./lessons.ts";
import type { HistoryOwner, ResponsesModelOptions } from "./options.ts";
import { continueFrom, readState, type ServerLink, type StateOwner } from "./state.ts";

/** What a model lends to its calls. */
export interface CallSetting extends ResponsesModelOptions {
  readonly profile: ChatProfile;
  readonly history: HistoryOwner;
  readonly connect: () => Promise<OpenAI>;
  readonly lessons: Lessons;
}

/** What is sent of a conversation, and behind what. */
export interface Plan {
  readonly owner: HistoryOwner;
  /** The first message that is sent. */
  readonly from: number;
  readonly link?: ServerLink;
}

export interface PlannedCall {
  readonly client: OpenAI;
  readonly request: ModelRequest;
  readonly messages: readonly Message[];
  readonly owner: StateOwner;
  readonly signal: AbortSignal | undefined;
  readonly tell: (what: string) => void;
}

/** Makes the plans of one call, and holds the conversation that it uses. */
export class Planner {
  readonly #setting: CallSetting;
  readonly #call: PlannedCall;
  /** The conversation this call has to itself, and where it stood. */
  #held: { readonly id: string; readonly tip: string | undefined } | undefined;

  constructor(setting: CallSetting, call: PlannedCall) {
    this.#setting = setting;
    this.#call = call;
  }

  /** By the state that came with the request. */
  async first(): Promise<Plan> {
    const { history, lessons, profile } = this.#setting;
    const { request, messages, owner, tell } = this.#call;
    const read = readState(request, owner);
    const state = read.kind === "known" ? read.state : undefined;
    if (state !== undefined && "stateless" in state) lessons.stateless ??= { store: false };
    if (history === "client" || lessons.stateless !== undefined) return { owner: "client", from: 0 };

    let why = read.kind === "none" ? read.why : undefined;
    if (state !== undefined && !("stateless" in state)) {
      const kept = "responseId" in state ? "response-id" : "conversation";
      if (kept !== history) why = `the conversation was kept by ${kept}, not by ${history}`;
      else if ("conversationId" in state && !lessons.conversations.isAt(state.conversationId, state.digest)) {
        why = "the server's conversation has gone on, or may have, without this thread";
      } else {
        const { why: changed, ...continuation } = continueFrom(state, messages, profile);
        if (changed === undefined) {
          if ("conversationId" in state) this.#hold(state.conversationId, state.digest);
          return { owner: history, ...continuation };
        }
        why = changed;
      }
    }
    if (why !== undefined) tell(`${why}: sending the whole history`);
    return await this.beginning();
  }

  /** Everything from the first message on, in a conversation of its own where the server keeps one. */
  async beginning(): Promise<Plan> {
    const { history, conversation, lessons, headers } = this.#setting;
    const { client, signal } = this.#call;
    if (history !== "conversation") return { owner: history, from: 0 };
    // The one that was given is for one thread: another thread, or a branch, would mix with what is in it.
    if (conversation !== undefined && !lessons.conversations.isUsed(conversation)) {
      this.#hold(conversation, undefined);
      return { owner: history, from: 0, link: { conversationId: conversation } };
    }
    const { id } = await client.conversations.create(
      {},
      { ...(signal === undefined ? {} : { signal }), ...(headers === undefined ? {} : { headers }) },
    );
    this.#hold(id, undefined);
    return { owner: history, from: 0, link: { conversationId: id } };
  }

  /** Puts down the conversation as it was: nothing of this call is in it. */
  release(): void {
    if (this.#held !== undefined) this.#setting.lessons.conversations.leave(this.#held.id, this.#held.tip);
  }

  /** At once with finding it free: two runs may ask at the same time. */
  #hold(id: string, tip: string | undefined): void {
    this.#held = { id, tip };
    this.#setting.lessons.conversations.take(id);
  }
}
