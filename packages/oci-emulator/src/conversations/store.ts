// Conversations: lists of items that every response in them adds to, kept by project until nobody has used them for a while.
import { newId } from "../answers/complete.ts";
import type { EmulatorClock } from "../clock.ts";
import type { JsonObject } from "../json.ts";
import type { Item } from "../responses/items.ts";

export interface Conversation {
  readonly id: string;
  readonly scope: string;
  readonly createdMs: number;
  /** Life counts from here. */
  readonly updatedMs: number;
  readonly metadata: JsonObject;
  readonly items: readonly Item[];
}

/** Least recently changed ones go first. */
const maxConversations = 10_000;

export class ConversationStore {
  readonly #clock: EmulatorClock;
  readonly #ttlMs: (scope: string) => number;
  readonly #conversations = new Map<string, Conversation>();
  readonly #inUse = new Map<string, number>();

  /** `ttlMs` is asked at every look: a project may change its mind about what it already holds. */
  constructor(clock: EmulatorClock, ttlMs: (scope: string) => number) {
    this.#clock = clock;
    this.#ttlMs = ttlMs;
  }

  create(scope: string, metadata: JsonObject, items: readonly Item[]): Conversation {
    const nowMs = this.#clock.now().getTime();
    const id = `conv_${newId()}`;
    return this.#put({ id, scope, createdMs: nowMs, updatedMs: nowMs, metadata, items });
  }

  /** A conversation of this scope that is not expired. */
  get(id: string, scope: string): Conversation | undefined {
    const found = this.#conversations.get(id);
    return found?.scope === scope && !this.#isExpired(found) ? found : undefined;
  }

  /** Changes a conversation as it is now, which may be more than when the caller last saw it. */
  update(
    id: string,
    change: (now: Conversation) => Partial<Pick<Conversation, "metadata" | "items">>,
  ): Conversation | undefined {
    const found = this.#conversations.get(id);
    if (found === undefined) return undefined;
    this.#conversations.delete(id);
    return this.#put({ ...found, ...change(found), updatedMs: this.#clock.now().getTime() });
  }

  delete(id: string): void {
    this.#conversations.delete(id);
  }

  deleteScope(scope: string): void {
    for (const conversation of this.#conversations.values()) {
      if (conversation.scope === scope) this.#conversations.delete(conversation.id);
    }
  }

  /** Marks a conversation as worked on until the signal is aborted; tells whether somebody else was at it already. */
  occupy(id: string, signal: AbortSignal): boolean {
    const users = this.#inUse.get(id) ?? 0;
    this.#inUse.set(id, users + 1);
    signal.addEventListener(
      "abort",
      () => {
        const left = (this.#inUse.get(id) ?? 1) - 1;
        if (left === 0) this.#inUse.delete(id);
        else this.#inUse.set(id, left);
      },
      { once: true },
    );
    return users > 0;
  }

  clear(): void {
    this.#conversations.clear();
  }

  #put(conversation: Conversation): Conversation {
    this.#conversations.set(conversation.id, conversation);
    for (const [id, held] of this.#conversations) {
      if (this.#conversations.size <= maxConversations && !this.#isExpired(held)) break;
      this.#conversations.delete(id);
    }
    return conversation;
  }

  #isExpired({ updatedMs, scope }: Conversation): boolean {
    return updatedMs + this.#ttlMs(scope) <= this.#clock.now().getTime();
  }
}
