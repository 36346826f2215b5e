// Where answers come from: the contract of scripted, upstream and offline.
import type { Question } from "./question.ts";
import type { Turn } from "./turn.ts";

/** An answer of another server, handed on as it comes. */
export interface Passthrough {
  readonly status: number;
  readonly contentType: string;
  readonly body: AsyncIterable<Uint8Array>;
}

export type Answer =
  | { readonly kind: "turn"; readonly turn: Turn }
  | { readonly kind: "passthrough"; readonly response: Passthrough };

/** A source of answers: pass one as the `answers` option. */
export interface AnswerSource {
  /** For people: what kind of source this is. */
  readonly name: string;
  answer(question: Question): Promise<Answer>;
  /** Forgets what the source remembers between requests. */
  reset(): void;
}
