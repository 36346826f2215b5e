/**
 * Making one container, whatever gets lost: nothing makes its creation idempotent, and a second one takes memory of the
 * tenancy until it expires. So it is asked for once at a time, without the client's own retries, under a name that
 * nobody else gives; where the answer does not come it is looked for by that name.
 */
import { randomBytes } from "node:crypto";
import { type LocusError, RateLimitError, retryDelayMs } from "@locus-sdk/core";
import type OpenAI from "openai";
import type { ContainerCreateParams, ContainerCreateResponse } from "openai/resources/containers/containers";
import { pause } from "../waiting.ts";
import { container, read, UNEXPECTED } from "./answers.ts";
import { listed, serviceError, throwIfAborted } from "./service-error.ts";

type Client = Pick<OpenAI, "containers">;

/** What is to be made. */
interface Wanted {
  readonly name: string;
  readonly memoryLimit: ContainerCreateParams["memory_limit"] | undefined;
  readonly signal: AbortSignal | undefined;
}

/** Deleting what is of no use is not waited for any longer. */
const CLEAN_UP_MS = 10_000;
const PAGE = 100;
const TRIES = 4;
const never = new AbortController().signal;

/** Creates a container, and no second one that stays. @throws typed errors; then there is none, as far as can be seen. */
export async function createOnce(client: Client, wanted: Wanted): Promise<ContainerCreateResponse> {
  const { memoryLimit, signal = never } = wanted;
  const name = `${wanted.name}~${randomBytes(6).toString("hex")}`;
  const params = { name, ...(memoryLimit === undefined ? {} : { memory_limit: memoryLimit }) };
  const what = `container "${wanted.name}"`;
  /** How many there may be besides the one that is known. */
  let lost = 0;
  let made: ContainerCreateResponse | undefined;
  try {
    for (let attempt = 1; made === undefined; attempt += 1) {
      throwIfAborted(signal);
      try {
        made = read(what, container, await client.containers.create(params, { maxRetries: 0, signal }));
      } catch (thrown) {
        const error = serviceError(thrown, { what, signal });
        if (mayBeDone(error) || signal.aborted) lost += 1;
        if (signal.aborted) throw error;
        if (mayBeDone(error)) {
          // Where it cannot be looked for, another one must not be made.
          const found = await named(client, name, signal).catch(() => undefined);
          if (found === undefined) throw error;
          [made] = found;
        }
        const delayMs = attempt < TRIES ? retryDelayMs(error, attempt) : undefined;
        if (made !== undefined) break;
        if (!error.retryable || delayMs === undefined) throw error;
        await pause(delayMs, signal);
      }
    }
    return made;
  } finally {
    // One of them may have been made after it was looked for; and what is not returned is of no use.
    if (lost > 0) await discardOthers(client, name, made?.id);
  }
}

const mayBeDone = (error: LocusError): boolean =>
  error.code === UNEXPECTED || (error.retryable && !(error instanceof RateLimitError));

async function named(
  client: Client,
  name: string,
  signal: AbortSignal,
): Promise<readonly ContainerCreateResponse[]> {
  const found: ContainerCreateResponse[] = [];
  const list = listed({ what: "list of containers", signal }, container, (from) =>
    client.containers.list({ limit: PAGE, order: "desc", ...from }, { signal }),
  );
  for await (const each of list) if (each.name === name) found.push(each);
  return found;
}

async function discardOthers(client: Client, name: string, kept: string | undefined): Promise<void> {
  const found = await named(client, name, AbortSignal.timeout(CLEAN_UP_MS)).catch(() => []);
  await Promise.all(found.filter(({ id }) => id !== kept).map(({ id }) => discard(client, id)));
}

/** Deletes a container that is of no use. If that fails too, it expires by itself. */
export async function discard({ containers }: Client, id: string): Promise<void> {
  // The caller's signal may have aborted.
  await containers.delete(id, { timeout: CLEAN_UP_MS, maxRetries: 0 }).catch(() => undefined);
}
