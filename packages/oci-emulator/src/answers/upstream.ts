// Answers of any OpenAI-compatible server: OCI agents on a local model. No OCI credential ever goes upstream.
import { parseJson } from "../json.ts";
import type { Question } from "./question.ts";
import type { Answer, AnswerSource } from "./source.ts";
import { chatBodyOf, turnOf } from "./upstream-turn.ts";

/** Options of `upstream`. */
export interface UpstreamOptions {
  /** Bearer token for the upstream; none by default. */
  readonly apiKey?: string;
  /** Model id to ask the upstream for; default: the id the client asked for. */
  readonly model?: string;
}

/**
 * Answers by another server: `baseURL` is what an OpenAI client would be given, such as `http://127.0.0.1:11434/v1`.
 * Chat completions are piped through as they come; for other surfaces the upstream is asked for a plain chat completion.
 * Errors come through with the upstream's status and body.
 *
 * @example
 * ```ts
 * import { startOciEmulator, upstream } from "@locus-sdk/oci-emulator";
 *
 * await using emulator = await startOciEmulator({
 *   answers: upstream("http://127.0.0.1:11434/v1", { model: "qwen3:4b" }),
 *   models: "any",
 * });
 * process.stdout.write(emulator.url);
 * ```
 */
export function upstream(baseURL: string, options: UpstreamOptions = {}): AnswerSource {
  const url = `${baseURL.replace(/\/+$/, "")}/chat/completions`;
  const headers: Record<string, string> = { "content-type": "application/json" };
  if (options.apiKey !== undefined) headers.authorization = `Bearer ${options.apiKey}`;
  return {
    name: "upstream",
    answer: (question) => ask(url, headers, options.model, question),
    reset: () => {},
  };
}

async function ask(
  url: string,
  headers: Readonly<Record<string, string>>,
  model: string | undefined,
  question: Question,
): Promise<Answer> {
  const asked = model ?? question.model;
  const piped = question.surface === "chat.completions";
  let response: Response;
  try {
    response = await fetch(url, {
      method: "POST",
      headers,
      body: JSON.stringify(piped ? { ...question.body, model: asked } : chatBodyOf(question, asked)),
      signal: question.signal,
      redirect: "error",
    });
  } catch (error) {
    if (question.signal.aborted) throw error;
    const cause = error instanceof Error && error.cause instanceof Error ? ` (${error.cause.message})` : "";
    const message = `The upstream ${url} cannot be reached${cause}. Start it, or correct its base URL.`;
    return { kind: "turn", turn: { status: 502, body: { code: "BadGateway", message } } };
  }
  if (!piped) {
    const text = await response.text();
    return { kind: "turn", turn: turnOf(response.status, parseJson(text) ?? text) };
  }
  return {
    kind: "passthrough",
    response: {
      status: response.status,
      contentType: response.headers.get("content-type") ?? "application/json",
      body: response.body ?? nothing(),
    },
  };
}

async function* nothing(): AsyncGenerator<Uint8Array> {}
