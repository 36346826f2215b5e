/** What a Responses server keeps and insists on. Shares no code with what it checks. */
import { createHmac } from "node:crypto";

export type Item = Readonly<Record<string, unknown>>;

/** A refusal, as it goes over the wire. */
export class Refused extends Error {
  readonly status: number;
  readonly code: string | null;
  readonly param: string | null;

  readonly headers: Readonly<Record<string, string>>;

  constructor(
    status: number,
    message: string,
    code: string | null = null,
    param: string | null = null,
    headers: Readonly<Record<string, string>> = {},
  ) {
    super(message);
    this.headers = headers;
    this.status = status;
    this.code = code;
    this.param = param;
  }
}

/** How a server says that it does not know a response. */
export type LostStyle = "code" | "param" | "text";

const str = (value: unknown): string => (typeof value === "string" ? value : "");

/** Responses and conversations, and the rules about what may follow what. */
export class Store {
  readonly #responses = new Map<string, readonly Item[]>();
  readonly #conversations = new Map<string, Item[]>();
  readonly #key: string;
  lostStyle: LostStyle = "code";
  #conversationCount = 0;

  constructor(key: string) {
    this.#key = key;
  }

  get conversations(): ReadonlyMap<string, readonly Item[]> {
    return this.#conversations;
  }

  /** Everything is past its retention. */
  expire(): void {
    this.#responses.clear();
    this.#conversations.clear();
  }

  keep(id: string, items: readonly Item[]): void {
    this.#responses.set(id, items);
  }

  newConversation(): string {
    this.#conversationCount += 1;
    const id = `conv_${this.#conversationCount}`;
    this.#conversations.set(id, []);
    return id;
  }

  addConversation(id: string): void {
    this.#conversations.set(id, []);
  }

  append(conversation: string, items: readonly Item[]): void {
    this.#conversations.get(conversation)?.push(...items);
  }

  /** The items before the input of a request. */
  parentOf(body: Item): readonly Item[] {
    const { previous_response_id: previous, conversation } = body;
    if (previous !== undefined && conversation !== undefined) {
      throw new Refused(400, "previous_response_id and conversation are mutually exclusive.");
    }
    if (previous !== undefined) {
      const items = this.#responses.get(str(previous));
      if (items === undefined) throw this.#lost(str(previous));
      return items;
    }
    if (conversation !== undefined) {
      const items = this.#conversations.get(str(conversation));
      if (items === undefined) {
        throw new Refused(404, `Conversation with id '${str(conversation)}' not found.`);
      }
      return items;
    }
    return [];
  }

  #lost(id: string): Refused {
    switch (this.lostStyle) {
      case "code":
        return new Refused(
          400,
          `Previous response with id '${id}' not found.`,
          "previous_response_not_found",
          "previous_response_id",
        );
      case "param":
        return new Refused(400, "Invalid value.", "invalid_value", "previous_response_id");
      case "text":
        return new Refused(404, `The previous response ${id} does not exist or has expired`);
    }
  }

  /** @throws Refused where a call has no answer, an answer no call, or a sealed thought is not in its place. */
  check(items: readonly Item[]): void {
    const open = new Set<string>();
    const asked = new Set<string>();
    for (const [index, item] of items.entries()) {
      const id = str(item.call_id);
      if (item.type === "function_call") {
        if (typeof item.arguments !== "string") throw new Refused(400, "arguments must be a string");
        open.add(id);
      }
      if (item.type === "function_call_output" && !open.delete(id)) {
        throw new Refused(400, `No tool call found for function call output with call_id ${id}.`);
      }
      if (item.type === "mcp_approval_request") asked.add(str(item.id));
      if (item.type === "mcp_approval_response" && !asked.delete(str(item.approval_request_id))) {
        throw new Refused(400, `No approval request '${str(item.approval_request_id)}' found.`);
      }
      if (item.type === "reasoning") this.#checkSeal(item, items[index + 1]);
    }
    for (const id of open) throw new Refused(400, `No tool output found for function call ${id}.`);
    for (const id of asked) throw new Refused(400, `No approval response found for '${id}'.`);
  }

  /** An opaque thought that only this server can open, bound to its id and to what came right after it. */
  seal(id: string, next: Item | undefined): string {
    const payload = Buffer.from(JSON.stringify([id, this.#nameOf(next)])).toString("base64url");
    return `${payload}.${this.#sign(payload)}`;
  }

  #sign(payload: string): string {
    return createHmac("sha256", this.#key).update(payload).digest("base64url");
  }

  #nameOf(item: Item | undefined): string {
    return item?.type === "function_call" ? `call ${str(item.call_id)}` : str(item?.type);
  }

  #checkSeal(item: Item, next: Item | undefined): void {
    const sealed = item.encrypted_content;
    // What the server has itself needs no seal.
    if (item.own === true) return;
    if (typeof sealed !== "string") throw new Refused(404, `Item with id '${str(item.id)}' not found.`);
    const [payload = "", signature] = sealed.split(".");
    if (signature !== this.#sign(payload)) {
      throw new Refused(
        400,
        `The encrypted content for item ${str(item.id)} could not be verified.`,
        "invalid_encrypted_content",
      );
    }
    const [id, follower] = JSON.parse(Buffer.from(payload, "base64url").toString()) as readonly string[];
    if (id !== item.id || follower !== this.#nameOf(next)) {
      throw new Refused(
        400,
        `Item '${str(item.id)}' of type 'reasoning' was provided without its required following item.`,
      );
    }
  }
}
