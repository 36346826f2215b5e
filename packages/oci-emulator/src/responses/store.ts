// What the server remembers of responses: by project, for a while, on the emulator's clock.
import type { EmulatorClock } from "../clock.ts";
import type { JsonObject } from "../json.ts";
import type { Item } from "./items.ts";

/** Items of a thread, newest link last; links are shared by all that continue from them. */
export interface Thread {
  readonly before: Thread | undefined;
  readonly items: readonly Item[];
}

/** All items of a thread, oldest first. */
export function itemsOf(thread: Thread | undefined): readonly Item[] {
  const links: (readonly Item[])[] = [];
  for (let link = thread; link !== undefined; link = link.before) links.push(link.items);
  return links.toReversed().flat();
}

export interface StoredResponse {
  readonly id: string;
  readonly scope: string;
  readonly createdMs: number;
  /** What this response was asked, without what came before. */
  readonly input: readonly Item[];
  /** Everything up to and with its output, without instructions. */
  readonly thread: Thread;
  readonly object: JsonObject;
  /** A background response is at work until then. */
  readonly readyMs: number;
}

/** Oldest go first: an emulator may run for a long time. */
const maxResponses = 10_000;

export class ResponseStore {
  readonly #clock: EmulatorClock;
  readonly #ttlMs: (scope: string) => number;
  readonly #responses = new Map<string, StoredResponse>();

  /** `ttlMs` is asked at every look: a project may change its mind about what it already holds. */
  constructor(clock: EmulatorClock, ttlMs: (scope: string) => number) {
    this.#clock = clock;
    this.#ttlMs = ttlMs;
  }

  put(response: StoredResponse): void {
    this.#responses.set(response.id, response);
    for (const [id, oldest] of this.#responses) {
      if (this.#responses.size <= maxResponses && !this.#isExpired(oldest)) break;
      this.#responses.delete(id);
    }
  }

  /** A response of this scope that is not expired. */
  get(id: string, scope: string): StoredResponse | undefined {
    const found = this.#responses.get(id);
    return found?.scope === scope && !this.#isExpired(found) ? found : undefined;
  }

  /** An item of any response of this scope. */
  item(id: string, scope: string): Item | undefined {
    for (const response of this.#responses.values()) {
      if (this.get(response.id, scope) === undefined) continue;
      const found = itemsOf(response.thread).find((item) => item.id === id);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  delete(id: string): void {
    this.#responses.delete(id);
  }

  deleteScope(scope: string): void {
    for (const response of this.#responses.values()) {
      if (response.scope === scope) this.#responses.delete(response.id);
    }
  }

  clear(): void {
    this.#responses.clear();
  }

  /** The response as it is now: a background one is at work until it is ready. */
  objectOf(response: StoredResponse): JsonObject {
    if (response.readyMs <= this.#clock.now().getTime()) return response.object;
    return { ...response.object, status: "in_progress", output: [], usage: null, incomplete_details: null };
  }

  #isExpired({ createdMs, scope }: StoredResponse): boolean {
    return createdMs + this.#ttlMs(scope) <= this.#clock.now().getTime();
  }
}
