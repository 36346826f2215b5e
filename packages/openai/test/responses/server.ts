/** A Responses server on loopback for tests: small, but it keeps state and refuses what the real one refuses. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { eventsOf, frames } from "./events.ts";
import { type Item, Refused, Store } from "./store.ts";

export type { Item } from "./store.ts";

/** What the model says in one turn. */
export interface Turn {
  readonly text?: string;
  /** One paragraph each of its summary. */
  readonly reasoning?: readonly string[];
  readonly calls?: readonly { readonly name: string; readonly arguments: string; readonly id?: string }[];
  /** Instead of all of the above: output items as they are. */
  readonly items?: readonly Item[];
  readonly usage?: Item;
  /** Cut, for this reason. */
  readonly incomplete?: string;
  readonly failed?: { readonly code: string; readonly message: string };
  readonly refused?: Refused;
  /** Streams send part of it and end; whole answers break off. */
  readonly cut?: true;
  /** Streams send the beginning and wait; whole answers wait. Until the test or the client ends it. */
  readonly hang?: true;
  /** The connection breaks before an answer. */
  readonly reset?: true;
}

/** What the model is shown: everything before the answer, and the request itself. */
export interface View {
  readonly items: readonly Item[];
  readonly body: Item;
}
export type Script = Turn | string | ((view: View) => Turn | string);

export interface Received {
  readonly path: string;
  readonly body: Item;
  readonly bytes: number;
  readonly view?: readonly Item[];
}

export interface ServerOptions {
  readonly key?: string;
  /** The tenancy keeps nothing, and says so. */
  readonly zdr?: boolean;
  /** `include` is not known here. */
  readonly noInclude?: boolean;
  /** Parameters that are refused. */
  readonly refuses?: readonly string[];
  /** Streams have no `event:` lines. */
  readonly unnamed?: boolean;
}

export interface ResponsesServer {
  readonly url: string;
  readonly store: Store;
  readonly requests: readonly Received[];
  /** The bodies that asked for a response. */
  readonly bodies: () => readonly Item[];
  readonly say: (...turns: readonly Script[]) => void;
  readonly open: () => number;
  readonly close: () => Promise<void>;
}

const FIELDS = new Set(
  "model input instructions previous_response_id conversation store include tools tool_choice parallel_tool_calls text reasoning temperature top_p max_output_tokens service_tier stream metadata truncation".split(
    " ",
  ),
);

export async function startResponsesServer(options: ServerOptions = {}): Promise<ResponsesServer> {
  const store = new Store(options.key ?? "key");
  const requests: Received[] = [];
  let turns: readonly Script[] = ["ok"];
  let turn = 0;
  let ids = 0;
  let open = 0;
  const nextId = (prefix: string): string => {
    ids += 1;
    return `${prefix}_${ids}`;
  };

  function outputOf(said: Turn, sealed: boolean): readonly Item[] {
    if (said.items !== undefined) return said.items;
    const items: Item[] = [];
    if (said.text !== undefined) {
      items.push({
        type: "message",
        id: nextId("msg"),
        status: "completed",
        role: "assistant",
        content: [{ type: "output_text", text: said.text, annotations: [] }],
      });
    }
    for (const call of said.calls ?? []) {
      items.push({
        type: "function_call",
        id: nextId("fc"),
        call_id: call.id ?? nextId("call"),
        name: call.name,
        arguments: call.arguments,
        status: "completed",
      });
    }
    if (said.reasoning === undefined) return items;
    const id = nextId("rs");
    const summary = said.reasoning.map((text) => ({ type: "summary_text", text }));
    const seal = sealed ? { encrypted_content: store.seal(id, items[0]) } : {};
    return [{ type: "reasoning", id, summary, ...seal }, ...items];
  }

  function answer(body: Item): {
    readonly said: Turn;
    readonly response: Item;
    readonly view: readonly Item[];
  } {
    for (const name of Object.keys(body)) {
      if (!FIELDS.has(name))
        throw new Refused(400, `Unknown parameter: '${name}'.`, "unknown_parameter", name);
    }
    const groups = body as { readonly reasoning?: Item; readonly text?: Item };
    for (const name of options.refuses ?? []) {
      const [group = "", member] = name.split(".");
      const holder = member === undefined ? body : group === "text" ? groups.text : groups.reasoning;
      if (holder?.[member ?? name] !== undefined) {
        const text = `Unsupported parameter: '${name}' is not supported with this model.`;
        throw new Refused(400, text, "unsupported_parameter", name);
      }
    }
    const include = Array.isArray(body.include) ? (body.include as readonly unknown[]) : [];
    if (options.noInclude === true && include.length > 0) {
      throw new Refused(400, "Encrypted content is not supported with this model.", null, "include");
    }
    if (options.zdr === true && (body.previous_response_id !== undefined || body.store === true)) {
      throw new Refused(
        400,
        "Previous response cannot be used for this organization due to Zero Data Retention.",
        "invalid_request_error",
      );
    }
    const view = [...store.parentOf(body), ...(body.input as readonly Item[])];
    store.check(view);
    const script = turns[Math.min(turn, turns.length - 1)] ?? "ok";
    turn += 1;
    const made = typeof script === "function" ? script({ items: view, body }) : script;
    const said = typeof made === "string" ? { text: made } : made;
    if (said.refused !== undefined) throw said.refused;
    const kept = body.store !== false && options.zdr !== true;
    const output = outputOf(said, include.includes("reasoning.encrypted_content"));
    const id = nextId("resp");
    const response = {
      id,
      object: "response",
      created_at: 1_700_000_000,
      model: body.model,
      instructions: body.instructions ?? null,
      status:
        said.failed !== undefined ? "failed" : said.incomplete !== undefined ? "incomplete" : "completed",
      incomplete_details: said.incomplete === undefined ? null : { reason: said.incomplete },
      error: said.failed ?? null,
      output,
      usage: said.usage ?? { input_tokens: view.length, output_tokens: 1, total_tokens: view.length + 1 },
    };
    if (said.failed === undefined && said.cut !== true && said.hang !== true) {
      const own = output.map((item) => (item.type === "reasoning" ? { ...item, own: true } : item));
      if (kept) store.keep(id, [...view, ...own]);
      if (typeof body.conversation === "string") {
        store.append(body.conversation, [...(body.input as readonly Item[]), ...own]);
      }
    }
    return { said, response, view };
  }

  function respond(body: Item, bytes: number, path: string, answered: ServerResponse): void {
    const headers = { "x-request-id": `req_${requests.length + 1}` };
    let made: ReturnType<typeof answer>;
    try {
      made = answer(body);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      requests.push({ path, body, bytes });
      answered.writeHead(error.status, { ...headers, ...error.headers, "content-type": "application/json" });
      const { message, code, param } = error;
      answered.end(JSON.stringify({ error: { message, type: "invalid_request_error", code, param } }));
      return;
    }
    const { said, response, view } = made;
    requests.push({ path, body, bytes, view });
    if (said.reset === true) {
      answered.destroy();
      return;
    }
    if (body.stream !== true) {
      if (said.hang === true) return;
      answered.writeHead(200, { ...headers, "content-type": "application/json" });
      const text = JSON.stringify(response);
      answered.end(said.cut === true ? text.slice(0, text.length / 2) : text);
      return;
    }
    answered.writeHead(200, { ...headers, "content-type": "text/event-stream" });
    const status = String(response.status);
    const events = [...eventsOf(response), { type: `response.${status}`, response }];
    const sent = frames(events, options.unnamed !== true);
    const whole = said.cut !== true && said.hang !== true;
    for (const frame of whole ? sent : sent.slice(0, Math.max(6, sent.length / 2))) answered.write(frame);
    if (said.hang !== true) answered.end();
  }

  const server = createServer((request: IncomingMessage, answered: ServerResponse) => {
    open += 1;
    answered.on("close", () => {
      open -= 1;
    });
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const text = Buffer.concat(chunks);
      const body = JSON.parse(text.toString() || "{}") as Item;
      const path = request.url ?? "";
      if (path === "/v1/responses") {
        respond(body, text.length, path, answered);
        return;
      }
      requests.push({ path, body, bytes: text.length });
      const id = path === "/v1/conversations" ? store.newConversation() : undefined;
      answered.writeHead(id === undefined ? 404 : 200, { "content-type": "application/json" });
      answered.end(JSON.stringify(id === undefined ? { error: { message: "no such path" } } : { id }));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/v1`,
    store,
    requests,
    bodies: () => requests.filter(({ path }) => path === "/v1/responses").map(({ body }) => body),
    say: (...said) => {
      turns = said;
      turn = 0;
    },
    open: () => open,
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
