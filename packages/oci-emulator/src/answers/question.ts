// What an answer source is asked: one request, in words that do not depend on the protocol it came by.
import type { Principal } from "../auth/principal.ts";
import type { JsonObject } from "../json.ts";
import type { Family } from "../models/families.ts";

export interface QuestionToolCall {
  readonly id: string;
  readonly name: string;
  /** JSON text, verbatim. */
  readonly arguments: string;
}

export interface QuestionMessage {
  readonly role: "system" | "user" | "assistant" | "tool";
  /** The message's text; parts that are not text are left out. */
  readonly text: string;
  readonly toolCalls: readonly QuestionToolCall[];
  /** On tool messages: the call that this is the result of. */
  readonly toolCallId: string | undefined;
}

export interface QuestionTool {
  readonly name: string;
  readonly description: string;
  /** JSON schema of the arguments. */
  readonly parameters: JsonObject;
}

export type ToolChoice = "auto" | "none" | "required" | { readonly name: string };

/** One request for an answer. Functions in a script receive it. */
export interface Question {
  /** By which of the service's APIs the request came. */
  readonly surface: "chat.completions" | "responses" | "native";
  readonly model: string;
  readonly family: Family["name"];
  readonly messages: readonly QuestionMessage[];
  readonly tools: readonly QuestionTool[];
  readonly toolChoice: ToolChoice;
  /** False where the client wants one call at a time. */
  readonly parallelToolCalls: boolean;
  /** JSON schema the answer's text must satisfy. */
  readonly outputSchema: JsonObject | undefined;
  /** The answer's text must be JSON, of any shape. */
  readonly jsonOutput: boolean;
  readonly stream: boolean;
  readonly principal: Principal;
  /** The request's body as it was sent. */
  readonly body: JsonObject;
  /** Aborted when the client leaves or the emulator closes. */
  readonly signal: AbortSignal;
}
