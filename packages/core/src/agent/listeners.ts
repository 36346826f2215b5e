/** Who listens to an agent's runs. What a listener throws is logged and stops nothing. */
import { EventEmitter } from "eventemitter3";
import type { AgentEvent } from "../events/types.ts";
import type { Logger } from "../log/logger.ts";
import { redactError } from "../text/redact-error.ts";
import type { EventSink } from "./run.ts";

export type ListenerType = AgentEvent["type"] | "event";

export class Listeners {
  readonly #emitter = new EventEmitter<Record<ListenerType, [AgentEvent]>>();
  readonly #logger: Logger;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  on(type: ListenerType, listener: (event: AgentEvent) => void): void {
    this.#emitter.on(type, listener);
  }

  off(type: ListenerType, listener: (event: AgentEvent) => void): void {
    this.#emitter.off(type, listener);
  }

  /** The sink, after the listeners. */
  before(sink: EventSink): EventSink {
    return {
      publish: (event) => {
        this.announce(event);
        sink.publish(event);
      },
      note: (event) => this.announce(event),
      taken: () => sink.taken(),
      backpressure: () => sink.backpressure(),
    };
  }

  announce(event: AgentEvent): void {
    for (const name of [event.type, "event"] as const) {
      if (this.#emitter.listenerCount(name) === 0) continue;
      for (const listener of this.#emitter.listeners(name)) {
        try {
          const outcome: unknown = listener(event);
          if (outcome instanceof Promise) outcome.catch((error: unknown) => this.#failed(name, error));
        } catch (error) {
          this.#failed(name, error);
        }
      }
    }
  }

  #failed(type: string, error: unknown): void {
    this.#logger.error({ err: redactError(error), type }, "an event listener failed");
  }
}
