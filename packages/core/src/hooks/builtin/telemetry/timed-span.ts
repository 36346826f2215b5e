/** A span whose work may be over before all is known that it is to tell. */
import { type Attributes, type Span, SpanStatusCode } from "@opentelemetry/api";
import { redactSecrets } from "../../../text/redact.ts";
import { ATTRIBUTE } from "./names.ts";

const MAX_MESSAGE = 300;

export class TimedSpan {
  readonly span: Span;
  /** By the clock that spans of others are told by, */
  readonly #startTime: number;
  /** and by the one that measures. */
  readonly #startedAt = performance.now();
  #overAt: number | undefined;

  /** `begin` is given the span's `startTime`. */
  constructor(begin: (startTime: number) => Span) {
    this.#startTime = Date.now();
    this.span = begin(this.#startTime);
  }

  get isOver(): boolean {
    return this.#overAt !== undefined;
  }

  /** Milliseconds until now, or until the work was over. */
  get ms(): number {
    return (this.#overAt ?? performance.now()) - this.#startedAt;
  }

  /** The work is over; the span waits for what is put on record of it. */
  over(): void {
    this.#overAt ??= performance.now();
  }

  fail(type: string, message?: string): void {
    const said = message === undefined ? {} : { message: redactSecrets(message).slice(0, MAX_MESSAGE) };
    this.span.setAttribute(ATTRIBUTE.errorType, type).setStatus({ code: SpanStatusCode.ERROR, ...said });
  }

  end(attributes: Attributes = {}): void {
    this.over();
    this.span.setAttributes(attributes).end(this.#startTime + this.ms);
  }
}
