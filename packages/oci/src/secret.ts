/** A value that cannot be printed by accident: not by a log line, an error, JSON or an inspection. */
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
}
