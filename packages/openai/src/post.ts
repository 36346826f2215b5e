/** One request of a body that is JSON, through the client: its routes, its headers, its errors. */
import type { JsonObject } from "@locus-sdk/core";
import type { OpenAI } from "openai";
import { shortPostOf } from "./client.ts";
import { ONE_TRY } from "./retrying.ts";

export interface PostOptions {
  readonly signal: AbortSignal | undefined;
  readonly headers: Readonly<Record<string, string>> | undefined;
}

/**
 * What `client.chat.completions.create` and `client.responses.create` post, by the call that is under both. They put an
 * observer into `JSON.stringify` to learn how to parse the answer, which is read here: it costs more than the text, and more
 * with every turn.
 */
export function postJson(
  client: OpenAI,
  path: "/chat/completions" | "/responses",
  body: JsonObject,
  { signal, headers }: PostOptions,
): Promise<Response> {
  const post = headers === undefined ? shortPostOf(client) : undefined;
  if (post !== undefined) return post(path, body, signal);
  const options = {
    ...ONE_TRY,
    ...(signal === undefined ? {} : { signal }),
    ...(headers === undefined ? {} : { headers }),
  };
  const create = replacedCreate(client, path);
  if (create !== undefined) return create(body, options).asResponse();
  return client.post(path, { body, stream: body.stream === true, ...options }).asResponse();
}

type Create = (body: JsonObject, options: object) => { asResponse(): Promise<Response> };

/** The method that stands in the place of the client's own, as tracers put theirs there: it is to see the request. */
function replacedCreate(client: OpenAI, path: "/chat/completions" | "/responses"): Create | undefined {
  const api: { readonly create: unknown } =
    path === "/responses" ? client.responses : client.chat.completions;
  const own: { readonly create: unknown } = Object.getPrototypeOf(api);
  if (api.create === own.create) return undefined;
  return (body, options) => (api as { readonly create: Create }).create(body, options);
}
