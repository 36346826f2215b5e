/** A helper's requests: what they throw as core's errors, told by what was asked for, and what they answer checked. */
import {
  CancelledError,
  type LocusError,
  PermissionOrNotFoundError,
  parseJson,
  ServerStateLostError,
} from "@locus-sdk/core";
import type { z } from "zod";
import { mapOciError } from "../errors.ts";
import { pageOf, read, unexpected } from "./answers.ts";

const mapError = mapOciError(() => undefined);

/** How an error is told. */
export interface Told {
  /** What was asked for, in words: `upload of docs/a.md`. */
  readonly what: string;
  /** The model that was asked, where it was one. */
  readonly modelId?: string | undefined;
  readonly signal?: AbortSignal | undefined;
  /** What to do where the service answers that it is not there, or not ours to see. */
  readonly missingHint?: string;
  /** Whether it is about a conversation that the service keeps. */
  readonly goesOn?: boolean;
}

const MISSING_HINT =
  "OCI does not say which: it is gone, belongs to another project, compartment or region, or no policy lets these credentials use it.";

/** The typed error for whatever a request through the `openai` client threw. */
export function serviceError(
  error: unknown,
  { what, modelId, signal, missingHint, goesOn = false }: Told,
): LocusError {
  // The client could not read an answer that calls itself JSON.
  if (error instanceof SyntaxError && signal?.aborted !== true) {
    return unexpected(`${what}: the service answered with something that is not JSON`, error);
  }
  const mapped = mapError(error, {
    provider: "oci",
    modelId: modelId ?? what,
    goesOn,
    ...(modelId === undefined ? { what } : {}),
    ...within(signal),
  });
  const { message, cause, status, requestId } = mapped;
  const told = {
    cause,
    hint: missingHint ?? MISSING_HINT,
    ...(status === undefined ? {} : { status }),
    ...(requestId === undefined ? {} : { requestId }),
  };
  if (mapped instanceof PermissionOrNotFoundError && !goesOn)
    return new PermissionOrNotFoundError(message, told);
  return mapped instanceof ServerStateLostError && goesOn ? new ServerStateLostError(message, told) : mapped;
}

/** Makes a request; what it throws is typed. */
export async function asked<T>(told: Told, request: () => PromiseLike<T>): Promise<T> {
  throwIfAborted(told.signal);
  try {
    return await request();
  } catch (error) {
    throw serviceError(error, told);
  }
}

/** Makes a request, and reads its answer. @throws ServerError where it is something else. */
export async function answered<T>(
  told: Told,
  schema: z.ZodType<T>,
  request: () => PromiseLike<unknown>,
): Promise<T> {
  return read(told.what, schema, await asked(told, request));
}

/** A page as the client asks for it; `asResponse()` is what came, before the client has made the best of it. */
export interface Page {
  asResponse(): Promise<Response>;
}

/**
 * Reads a list item by item, each page asked for when the one before it is used up.
 *
 * @throws typed errors; ServerError for what is no list, and for a page that was there before: it would never end.
 */
export async function* listed<T extends object>(
  told: Told,
  item: z.ZodType<T>,
  page: (from: { readonly after?: string }) => Page,
): AsyncGenerator<T, void> {
  const schema = pageOf(item);
  const seen = new Set<string>();
  let from: { readonly after?: string } = {};
  for (;;) {
    const start = from;
    const body = await asked(told, async () => parseJson(await (await page(start).asResponse()).text()));
    const { data, has_more, last_id } = read(told.what, schema, body);
    const last = last_id || idOf(data.at(-1));
    const goesOn = has_more === true && last !== undefined;
    if (goesOn && seen.has(last)) {
      throw unexpected(`${told.what}: the service answers with the same page again and again`);
    }
    yield* data;
    if (!goesOn) return;
    seen.add(last);
    from = { after: last };
  }
}

const idOf = (item: object | undefined): string | undefined =>
  item !== undefined && "id" in item && typeof item.id === "string" ? item.id : undefined;

/** @throws CancelledError, or the signal's own `LocusError`. */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted !== true) return;
  throw serviceError(signal.reason ?? new CancelledError("the call was cancelled"), {
    what: "the call",
    signal,
  });
}

/** Options of one request that may be aborted. */
export const within = (signal: AbortSignal | undefined): { readonly signal?: AbortSignal } =>
  signal === undefined ? {} : { signal };

/** Whether the service says that what was asked for is not there. */
export const isMissing = (error: unknown): boolean =>
  error instanceof PermissionOrNotFoundError && error.status === 404;
