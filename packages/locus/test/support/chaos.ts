/** A server with chat completions that answers right, or fails as a script of faults says, and counts what was paid. */
import { createHash } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { z } from "zod";

/** Before the status: nothing is paid. After it: the generation is. */
export const UNPAID_FAULTS = ["limited", "failed", "unavailable", "reset"] as const;
export const PAID_FAULTS = ["cut at once", "cut in the middle", "unfinished", "garbled"] as const;
export type Fault = (typeof UNPAID_FAULTS)[number] | (typeof PAID_FAULTS)[number];
const FAULTS: readonly Fault[] = [...UNPAID_FAULTS, ...PAID_FAULTS];

/** What a server says of itself behind a run. */
export interface ChaosServer extends AsyncDisposable {
  readonly url: string;
  /** How often a generation was begun, that is a 200 was sent, by `<nonce>/<turn>`. */
  readonly begun: ReadonlyMap<string, number>;
  /** How often each fault was staged. */
  readonly faults: ReadonlyMap<Fault, number>;
}

const bodySchema = z.object({
  stream: z.boolean().default(false),
  messages: z.array(z.object({ role: z.string(), content: z.string().nullish() })),
});

/** A number from 0 to 1 that is the same for the same words. */
function chanceOf(...words: readonly (string | number)[]): number {
  return createHash("sha256").update(words.join(" ")).digest().readUInt32BE() / 2 ** 32;
}

/** Which fault befalls the nth request for a call, if any does: by the seed, not by the order of arrival. */
function faultOf(seed: string, key: string, nth: number, share: number): Fault | undefined {
  if (chanceOf(seed, key, nth) >= share) return undefined;
  return FAULTS[Math.floor(chanceOf(seed, key, nth, "kind") * FAULTS.length)];
}

/** What is asked for: the nonce in the prompt, and the tool's result where it is there. */
function askedOf(messages: z.infer<typeof bodySchema>["messages"]) {
  const said = (by: string) => messages.find(({ role }) => role === by)?.content ?? undefined;
  const [nonce = "", result] = [said("user"), said("tool")];
  return { nonce, result, key: `${nonce}/${result === undefined ? 1 : 2}` };
}

/** The answer to `nonce` once the tool has said `result`. */
export const answerTo = (nonce: string, result: string): string => `${nonce} is ${result}, and that is all.`;

/** The message in full, and its deltas. */
function answerOf({ nonce, result }: ReturnType<typeof askedOf>): {
  readonly message: object;
  readonly deltas: readonly object[];
  readonly finish: string;
} {
  if (result === undefined) {
    const call = {
      id: "call_1",
      type: "function",
      function: { name: "look_up", arguments: JSON.stringify({ nonce }) },
    };
    const message = { role: "assistant", content: null, tool_calls: [call] };
    return { message, deltas: [{ tool_calls: [{ index: 0, ...call }] }], finish: "tool_calls" };
  }
  const content = answerTo(nonce, result);
  const deltas = [...content.matchAll(/.{1,8}/g)].map(([piece]) => ({ content: piece }));
  return { message: { role: "assistant", content }, deltas, finish: "stop" };
}

const usage = { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 };
const frame = (data: unknown): string => `data: ${JSON.stringify(data)}\n\n`;

/** The body of a right answer in pieces; the first ones are no answer without the last. */
function bodyOf(asked: ReturnType<typeof askedOf>, stream: boolean): readonly string[] {
  const { message, deltas, finish } = answerOf(asked);
  if (!stream) {
    const body = JSON.stringify({
      id: "c",
      model: "m",
      choices: [{ index: 0, message, finish_reason: finish }],
      usage,
    });
    const middle = Math.floor(body.length / 2);
    return [body.slice(0, middle), body.slice(middle)];
  }
  const chunk = (delta: object, finish_reason: string | null): string =>
    frame({ id: "c", model: "m", choices: [{ index: 0, delta, finish_reason }] });
  const end = `${chunk({}, finish)}${frame({ choices: [], usage })}data: [DONE]\n\n`;
  return [...deltas.map((delta) => chunk(delta, null)), end];
}

/** What refuses a request; whatever has none resets the connection. */
const STATUSES: Partial<Readonly<Record<Fault, number>>> = { limited: 429, failed: 500, unavailable: 503 };

/** Refuses before anything is paid. */
function refuse(fault: Fault, request: IncomingMessage, response: ServerResponse): void {
  const status = STATUSES[fault];
  if (status === undefined) {
    request.socket.resetAndDestroy();
    return;
  }
  response.writeHead(status, {
    "content-type": "application/json",
    ...(status === 429 && { "retry-after": "0" }),
  });
  response.end(JSON.stringify({ error: { message: `${fault} on purpose` } }));
}

/** Begins a generation, and spoils it. */
function spoil(
  fault: Fault | undefined,
  pieces: readonly string[],
  request: IncomingMessage,
  response: ServerResponse,
): void {
  response.flushHeaders();
  if (fault === undefined) response.end(pieces.join(""));
  else if (fault === "garbled") response.end(`${pieces.at(0)?.slice(0, 20)}\u0000{]\n\n`);
  else if (fault === "unfinished") response.end(pieces.slice(0, -1).join(""));
  // The connection goes once the client has what it is to have.
  else
    response.write(fault === "cut at once" ? "\n" : (pieces[0] ?? ""), () =>
      request.socket.resetAndDestroy(),
    );
}

/** Starts one on loopback; `share` of its requests fail. */
export async function startChaosServer(seed: string, share: number): Promise<ChaosServer> {
  const begun = new Map<string, number>();
  const requests = new Map<string, number>();
  const faults = new Map<Fault, number>();
  const count = <Key>(map: Map<Key, number>, key: Key): number => {
    const total = (map.get(key) ?? 0) + 1;
    map.set(key, total);
    return total;
  };
  const server = createServer((request, response) => {
    void (async () => {
      const body = bodySchema.parse(JSON.parse(await text(request)));
      const asked = askedOf(body.messages);
      const fault = faultOf(seed, asked.key, count(requests, asked.key), share);
      if (fault !== undefined) count(faults, fault);
      if (fault !== undefined && UNPAID_FAULTS.some((unpaid) => unpaid === fault)) {
        refuse(fault, request, response);
        return;
      }
      count(begun, asked.key);
      response.writeHead(200, { "content-type": body.stream ? "text/event-stream" : "application/json" });
      spoil(fault, bodyOf(asked, body.stream), request, response);
    })();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/v1`,
    begun,
    faults,
    [Symbol.asyncDispose]: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
