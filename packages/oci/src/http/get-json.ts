/** Reads JSON from OCI's control plane: signed, tried again where that may help, failures typed. */
import { type LocusError, parseJson, retryingCall, ServerError } from "@locus-sdk/core";
import type { ErrorMapper } from "@locus-sdk/openai";
import type { OciFetch } from "./signed-fetch.ts";

/** A failing answer in the shape that error mapping reads; never shown to a user. */
class FailedRead extends Error {
  readonly status: number;
  readonly headers: Headers;
  readonly error: unknown;

  constructor(status: number, headers: Headers, body: string) {
    super(`${status} ${body}`);
    this.name = "FailedRead";
    this.status = status;
    this.headers = headers;
    this.error = parseJson(body) ?? body;
  }
}

export interface ReadOptions {
  readonly mapError: ErrorMapper;
  /** What is asked for, in the place of a model's id in errors. */
  readonly what: string;
  readonly maxRetries: number;
  readonly signal?: AbortSignal | undefined;
}

/** The JSON at `url`, and the headers it came with. */
export async function getJson(
  fetch: OciFetch,
  url: URL,
  { mapError, what, maxRetries, signal }: ReadOptions,
): Promise<{ readonly body: unknown; readonly headers: Headers }> {
  const typed = (error: unknown): LocusError =>
    mapError(error, { provider: "oci", modelId: what, ...(signal === undefined ? {} : { signal }) });
  return retryingCall(
    async () => {
      try {
        const response = await fetch(url, {
          headers: { accept: "application/json" },
          signal: signal ?? null,
        });
        const text = await response.text();
        if (!response.ok) throw new FailedRead(response.status, response.headers, text);
        const body = parseJson(text);
        if (body === undefined) throw new ServerError(`${url.host} answered with something that is not JSON`);
        return { body, headers: response.headers };
      } catch (error) {
        throw typed(error);
      }
    },
    { maxRetries, signal },
  );
}
