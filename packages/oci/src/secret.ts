/** A value that cannot be printed by accident: not by a log line, an error, JSON or an inspection. */
import { inspect } from "node:util";

/** Wraps a secret. Only `reveal()` gives it back; a private field is in no other way of looking at an object. */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  reveal(): string {
    return this.#value;
  }

  toString(): string {
    return "[secret]";
  }

  toJSON(): string {
    return "[secret]";
  }

  static {
    // As console.log has it; a computed name would not do for isolated declarations.
    Object.defineProperty(Secret.prototype, inspect.custom, { value: () => "[secret]" });
  }
}
