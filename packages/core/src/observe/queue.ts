/** Events that wait for a subscriber, a limited number of them: what is for watching gives way to what is on record. */
import { type AgentEvent, isDurable } from "../events/types.ts";

export interface Dropped {
  /** Pieces of answers and progress of tools. */
  readonly transient: number;
  /** Events that are on record. */
  readonly durable: number;
}

export class EventQueue {
  readonly #limit: number;
  readonly #onDrop: (event: AgentEvent) => void;
  /** A hole stands where an event was dropped. */
  #events: (AgentEvent | undefined)[] = [];
  #head = 0;
  #size = 0;
  /** Before it, nothing transient is left. */
  #firstTransient = 0;

  constructor(limit: number, onDrop: (event: AgentEvent) => void) {
    this.#limit = limit;
    this.#onDrop = onDrop;
  }

  get size(): number {
    return this.#size;
  }

  push(event: AgentEvent): void {
    if (this.#size >= this.#limit && !this.#dropTransient()) {
      const lost = isDurable(event) ? this.shift() : event;
      if (lost !== undefined) this.#onDrop(lost);
      if (lost === event) return;
    }
    this.#events.push(event);
    this.#size++;
  }

  shift(): AgentEvent | undefined {
    while (this.#head < this.#events.length) {
      const event = this.#events[this.#head];
      this.#events[this.#head++] = undefined;
      if (event === undefined) continue;
      this.#size--;
      this.#compact();
      return event;
    }
    this.clear();
    return undefined;
  }

  clear(): void {
    this.#events = [];
    this.#head = 0;
    this.#size = 0;
    this.#firstTransient = 0;
  }

  /** The oldest one that is waiting; whether there was one. */
  #dropTransient(): boolean {
    for (let at = Math.max(this.#firstTransient, this.#head); at < this.#events.length; at++) {
      const event = this.#events[at];
      this.#firstTransient = at + 1;
      if (event === undefined || isDurable(event)) continue;
      this.#events[at] = undefined;
      this.#size--;
      this.#onDrop(event);
      this.#compact();
      return true;
    }
    return false;
  }

  /** Once most of it is holes and what was taken. */
  #compact(): void {
    if (this.#events.length < 2 * this.#limit) return;
    const searched = this.#events.slice(this.#head, this.#firstTransient).filter(isThere).length;
    this.#events = this.#events.slice(this.#head).filter(isThere);
    this.#head = 0;
    this.#firstTransient = searched;
  }
}

function isThere(event: AgentEvent | undefined): event is AgentEvent {
  return event !== undefined;
}
