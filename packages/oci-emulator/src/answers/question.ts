// What an answer source is asked: one request, in words that do not depend on the protocol it came by.
import type { Principal } from "../auth/principal.ts";
import type { ErrorReply } from "../http/envelopes.ts";
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

/** A piece of a file that a search found. */
export interface Passage {
  readonly fileId: string;
  readonly filename: string;
  readonly text: string;
  readonly score: number;
  readonly attributes: JsonObject;
}

/** A container that code runs in. */
export interface Workspace {
  readonly id: string;
  readonly files: readonly { readonly filename: string; readonly bytes: Uint8Array }[];
  /** Writes a file as code does; `undefined` where there is no room for it. */
  save(filename: string, bytes: Uint8Array): { readonly id: string; readonly filename: string } | undefined;
}

/** What a hosted tool made, or the error that its request ends with. */
export type Hosted<Value> =
  | { readonly ok: true; readonly value: Value }
  | { readonly ok: false; readonly error: ErrorReply };

/** What the tools that the service runs itself have to work with: the stores of this emulator, never a network. */
export interface HostedTools {
  /** Everything in the thread as items, oldest first. */
  readonly items: readonly JsonObject[];
  /** Searches vector stores as `tool`, of type `file_search`, says: best passages first. */
  search(tool: JsonObject, query: string): Hosted<readonly Passage[]>;
  /** The container that `tool`, of type `code_interpreter`, names; or the thread's own, or a new one. */
  open(tool: JsonObject): Hosted<Workspace>;
}

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
  /** On Responses: what hosted tools run on. Which of them the request offers is in its body. */
  readonly hosted?: HostedTools | undefined;
  /** Aborted when the client leaves or the emulator closes. */
  readonly signal: AbortSignal;
}
