/** Two questions to OCI's identity service, signed by ourselves: who is this instance, and may this session go on. */
import {
  AuthenticationError,
  ConnectionError,
  messageOf,
  parseJson,
  retryingCall,
  ServerError,
} from "@locus-sdk/core";
import { excerpt, readWireError } from "@locus-sdk/openai";
import { z } from "zod";
import type { ServiceClock } from "../http/clock.ts";
import type { SigningIdentity } from "./credentials.ts";
import { authorize, type DateHeader } from "./sign.ts";

const LIMIT_MS = 15_000;
const RETRY = { maxRetries: 2, baseMs: 300, capMs: 2_000 };
const tokenAnswer = z.object({ token: z.string().min(1) });

/** A question to the identity service. */
export interface TokenRequest {
  /** `https://auth.us-chicago-1.oraclecloud.com/v1/x509` */
  readonly url: string;
  readonly body: object;
  readonly identity: SigningIdentity;
  /** The date header that is signed: this service knows both, its federation documents `date`. */
  readonly dateHeader: DateHeader;
  readonly clock: ServiceClock;
  /** What was asked for, and what to do if it is refused. */
  readonly what: string;
  readonly hint: string;
}

/**
 * A token from the identity service. Failures of the service are tried again, a refusal is not; where it is our clock
 * that is refused, the clock is corrected and the question asked once more.
 */
export async function requestToken(request: TokenRequest): Promise<string> {
  return retryingCall(async () => {
    const first = await send(request);
    if (first.status !== 401 || !request.clock.learn(first.headers.get("date")))
      return readToken(first, request);
    await first.body?.cancel();
    return readToken(await send(request), request);
  }, RETRY);
}

async function send({
  url: target,
  body,
  identity,
  dateHeader,
  clock,
  what,
}: TokenRequest): Promise<Response> {
  const url = new URL(target);
  const bytes = new TextEncoder().encode(JSON.stringify(body));
  const headers = new Headers({ "content-type": "application/json", accept: "application/json" });
  authorize({ method: "POST", url, headers, body: bytes }, identity, clock.now(), dateHeader);
  try {
    const signal = AbortSignal.timeout(LIMIT_MS);
    return await fetch(url, { method: "POST", headers, body: bytes, signal, redirect: "error" });
  } catch (cause) {
    throw new ConnectionError(`${what}: ${url.host} cannot be reached (${reason(cause)})`, {
      code: "identity_unreachable",
      hint: "Check that the network lets this machine reach OCI's identity service.",
      cause,
    });
  }
}

function reason(error: unknown): string {
  const inner = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  return excerpt(messageOf(inner));
}

async function readToken(response: Response, { what, hint }: TokenRequest): Promise<string> {
  const text = await response.text();
  const requestId = response.headers.get("opc-request-id");
  const details = { status: response.status, ...(requestId !== null && { requestId }) };
  if (response.ok) {
    const parsed = tokenAnswer.safeParse(parseJson(text));
    if (parsed.success) return parsed.data.token;
    throw new ServerError(`${what}: the identity service answered without a token`, details);
  }
  const said = readWireError(text);
  const message = `${what}: the identity service answered ${response.status}: ${excerpt(said.message ?? text)}`;
  if (response.status === 429 || response.status >= 500) throw new ServerError(message, { ...details, hint });
  throw new AuthenticationError(message, { ...details, hint });
}
