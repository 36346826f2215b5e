/** A vendor on loopback: takes one call of its API after the other, refuses what the real one would, plays a script. */
import { createServer, type ServerResponse } from "node:http";
import { z } from "zod";

export type Body = Readonly<Record<string, unknown>>;

export interface TurnCall {
  /** Default: one as the vendor makes them. */
  readonly id?: string;
  readonly name: string;
  readonly arguments: Readonly<Record<string, string>>;
}

/** One answer, in nobody's form. */
export interface Turn {
  readonly reasoning?: string;
  readonly text?: string;
  readonly calls?: readonly TurnCall[];
}

/** What is sent for a turn. */
export interface Answer {
  readonly type: string;
  readonly text: string;
}

/** One vendor's API: its rules, and its form. */
export interface Api {
  readonly path: string;
  /** Why the vendor would refuse `body`; nothing where it would not. */
  readonly refuse: (body: Body) => string | undefined;
  readonly answer: (turn: Turn, body: Body) => Answer;
  /** The body of a 400. */
  readonly error: (why: string) => object;
}

export interface Vendor extends AsyncDisposable {
  readonly url: string;
  /** What it has been sent, oldest first. */
  readonly bodies: readonly Body[];
  /** Why it has refused what it refused. */
  readonly refusals: readonly string[];
  readonly script: (...turns: readonly Turn[]) => void;
}

const parseBody = z.record(z.string(), z.unknown());

export const json = (value: unknown): Answer => ({ type: "application/json", text: JSON.stringify(value) });

/** Events with their data, and with their names where the vendor names them. */
export const sse = (events: readonly object[], named = false): Answer => ({
  type: "text/event-stream",
  text: events
    .map((event) => {
      const name = named && "type" in event ? `event: ${String(event.type)}\n` : "";
      return `${name}data: ${JSON.stringify(event)}\n\n`;
    })
    .join(""),
});

export async function startVendor(api: Api): Promise<Vendor> {
  const bodies: Body[] = [];
  const refusals: string[] = [];
  const turns: Turn[] = [];

  function reply(response: ServerResponse, path: string, text: string): void {
    const send = (status: number, { type, text: body }: Answer): void => {
      response.writeHead(status, { "content-type": type });
      response.end(body);
    };
    if (path !== api.path) {
      send(404, json({ error: { message: `nothing at ${path}` } }));
      return;
    }
    const body = parseBody.parse(JSON.parse(text));
    bodies.push(body);
    const turn = turns.shift();
    const why = api.refuse(body) ?? (turn === undefined ? "the script is over" : undefined);
    if (why !== undefined) refusals.push(why);
    if (why !== undefined || turn === undefined) send(400, json(api.error(why ?? "")));
    else send(200, api.answer(turn, body));
  }

  const server = createServer((request, response) => {
    const pieces: Buffer[] = [];
    request.on("data", (piece: Buffer) => pieces.push(piece));
    request.on("end", () => reply(response, request.url ?? "", Buffer.concat(pieces).toString()));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const port = typeof address === "object" ? address?.port : undefined;
  return {
    url: `http://127.0.0.1:${port}`,
    bodies,
    refusals,
    script: (...more) => void turns.push(...more),
    [Symbol.asyncDispose]: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** The first thing that is wrong with `value`, in words. */
export function misfit(schema: z.ZodType, value: unknown): string | undefined {
  const parsed = schema.safeParse(value);
  return parsed.success ? undefined : z.prettifyError(parsed.error);
}
