// Logical calls: which requests are attempts at one and the same thing, so that generations paid twice show.
import { createHash } from "node:crypto";
import type { RawRequest } from "./http/request.ts";

/** Attempts at one call, and how many generations they cost together. */
export interface LogicalCall {
  /** The `opc-request-id`s of the attempts' responses, oldest first. */
  readonly requestIds: readonly string[];
  /** More than one is money lost. */
  readonly generations: number;
}

/** What of a request matters here. */
interface Attempt {
  readonly id: string;
  readonly receivedAt: string;
  readonly status: number | undefined;
  readonly aborted: boolean;
  readonly cut: boolean;
}

interface Call {
  readonly requestIds: string[];
  readonly names: Set<string>;
  generations: number;
  last: Attempt;
}

/** Attempts further apart than this, on the emulator's clock, are calls of their own. */
const windowMs = 10 * 60_000;
const maxCalls = 10_000;

const failed = ({ status, aborted, cut }: Attempt): boolean => aborted || cut || (status ?? 0) >= 400;

/** Groups POST requests into calls. */
export class Calls {
  readonly #calls = new Set<Call>();
  readonly #byName = new Map<string, Call>();
  readonly #byEntry = new WeakMap<Attempt, Call>();

  /** Every call that cost something, oldest first. */
  get charged(): readonly LogicalCall[] {
    return [...this.#calls]
      .filter(({ generations }) => generations > 0)
      .map(({ requestIds, generations }) => ({ requestIds, generations }));
  }

  add(entry: Attempt, request: RawRequest): void {
    if (request.method !== "POST") return;
    const { headers, path, body } = request;
    const digest = createHash("sha256").update(path).update("\n").update(body).digest("base64");
    const named = ["opc-request-id", "opc-retry-token"].flatMap((header) => {
      const value = headers.first(header);
      return value === undefined ? [] : [`${header} ${value}`];
    });
    const content = `body ${digest}`;
    const retries = Number(headers.first("x-stainless-retry-count") ?? 0);
    const call =
      this.#recent(named, entry) ??
      this.#recent([content], entry, ({ last }) => retries > 0 || failed(last)) ??
      this.#begin(entry);
    if (call.last !== entry) call.requestIds.push(entry.id);
    call.last = entry;
    this.#byEntry.set(entry, call);
    for (const name of [...named, content]) {
      this.#byName.set(name, call);
      call.names.add(name);
    }
  }

  charge(entry: Attempt): void {
    const call = this.#byEntry.get(entry);
    if (call !== undefined) call.generations += 1;
  }

  clear(): void {
    this.#calls.clear();
    this.#byName.clear();
  }

  #recent(
    names: readonly string[],
    entry: Attempt,
    condition: (call: Call) => boolean = () => true,
  ): Call | undefined {
    for (const name of names) {
      const call = this.#byName.get(name);
      if (call === undefined) continue;
      const apartMs = Date.parse(entry.receivedAt) - Date.parse(call.last.receivedAt);
      if (apartMs <= windowMs && condition(call)) return call;
    }
    return undefined;
  }

  #begin(entry: Attempt): Call {
    const call: Call = { requestIds: [entry.id], names: new Set(), generations: 0, last: entry };
    this.#calls.add(call);
    if (this.#calls.size > maxCalls) this.#forgetOldest();
    return call;
  }

  #forgetOldest(): void {
    const [oldest] = this.#calls;
    if (oldest === undefined) return;
    this.#calls.delete(oldest);
    for (const name of oldest.names) if (this.#byName.get(name) === oldest) this.#byName.delete(name);
  }
}
