/** What of an answer is made fit for clients: its id where they look for it, its failure without credentials. */
import {
  ConnectionError,
  isRecord,
  knownSecrets,
  parseJson,
  redactError,
  redactSecrets,
} from "@locus-sdk/core";

/** The `openai` client and others look for an answer's id where OpenAI puts it. */
export function identified(response: Response): Response {
  const headers = withRequestId(response.headers);
  if (headers !== undefined) Object.defineProperty(response, "headers", { value: headers });
  return response;
}

function withRequestId(given: Headers): Headers | undefined {
  const id = given.get("opc-request-id");
  if (id === null || given.has("x-request-id")) return undefined;
  const headers = new Headers(given);
  headers.set("x-request-id", id);
  return headers;
}

/** As much of a failing answer's body is read; nobody shows more of it. */
const FAILURE_BYTES = 1024 * 1024;

/** A failing answer whose body becomes part of an error: without the credentials, which some servers send back. */
export async function failing(response: Response, authorization: string): Promise<Response> {
  const text = withoutCredentials(await readSome(response), authorization);
  const { status, statusText } = response;
  const headers = withRequestId(response.headers) ?? new Headers(response.headers);
  headers.delete("content-encoding");
  headers.delete("content-length");
  const body = status === 409 ? parseJson(text) : undefined;
  // Of OCI's conflicts only one passes by itself; clients that would send any of them again are told.
  if (status === 409 && (!isRecord(body) || body.code !== "IncorrectState"))
    headers.set("x-should-retry", "false");
  return new Response(text === "" ? null : text, { status, statusText, headers });
}

async function readSome(response: Response): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.byteLength;
    text += decoder.decode(chunk, { stream: true });
    if (bytes > FAILURE_BYTES) break;
  }
  return text + decoder.decode();
}

/** The very same text where it tells nothing; JSON stays JSON. */
function withoutCredentials(text: string, authorization: string): string {
  const bearer = /^Bearer (.+)$/.exec(authorization)?.[1];
  const known = knownSecrets({ keys: [bearer] });
  const clean = redactSecrets(text, known);
  if (clean === text) return text;
  const body = parseJson(text);
  return isRecord(body) ? JSON.stringify(redactError(body, known)) : clean;
}

// Not thrown: the status line has come, the generation is paid, and a client that retries would pay for another.
export async function unreadable(response: Response, encoding: string): Promise<Response> {
  await response.body?.cancel();
  const error = new ConnectionError(
    `the answer's content encoding "${encoding}" was not asked for and cannot be read`,
    {
      code: "content_encoding",
      retryable: false,
      status: response.status,
      hint: "A proxy on the way changes encodings; have it leave accept-encoding alone (gzip, deflate, br).",
    },
  );
  const body = new ReadableStream({ start: (controller) => controller.error(error) });
  return new Response(body, {
    status: response.status,
    statusText: response.statusText,
    headers: response.headers,
  });
}
