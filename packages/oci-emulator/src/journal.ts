// The request journal: what came in, from whom, what became of it. Bounded, and free of secrets.
import type { Principal } from "./auth/principal.ts";
import { Calls, type LogicalCall } from "./calls.ts";
import type { RawHeaders, RawRequest } from "./http/request.ts";

/** Which listener a request came to. */
export type Plane = "data" | "control" | "identity" | "workload";

/** One request. `status` and the fields after it are filled in while the request is served. */
export interface JournalEntry {
  /** The `opc-request-id` of the response. */
  readonly id: string;
  readonly plane: Plane;
  readonly method: string;
  /** Path and query as on the wire. */
  readonly target: string;
  readonly path: string;
  /** Lower-case names, repeated headers joined by ", ", credentials redacted. */
  readonly headers: Readonly<Record<string, string>>;
  /** The body as JSON; `undefined` if there is none or it is not JSON. */
  readonly body: unknown;
  readonly rawBody: Uint8Array;
  /** ISO 8601, on the emulator's clock. */
  readonly receivedAt: string;
  readonly principal: Principal | undefined;
  readonly status: number | undefined;
  /** Why the emulator refused the request, in more words than the wire carries. */
  readonly refusal: string | undefined;
  /** Whether a generation was paid for: the answer began with a 2xx status. */
  readonly charged: boolean;
  /** Whether the client left before the answer was complete. */
  readonly aborted: boolean;
  /** Real milliseconds from arrival to the client's leaving. */
  readonly abortedAfterMs: number | undefined;
  /** Whether a scripted fault cut the answer. */
  readonly cut: boolean;
  /** Real milliseconds from arrival to the end of the answer, whatever ended it. */
  readonly durationMs: number | undefined;
}

/** The emulator's side of an entry. */
export type OpenEntry = { -readonly [Key in keyof JournalEntry]: JournalEntry[Key] };

const secretHeaders: ReadonlySet<string> = new Set([
  "x-api-key",
  "api-key",
  "x-goog-api-key",
  "proxy-authorization",
  "cookie",
  "opc-obo-token",
]);

function redact(name: string, value: string): string {
  if (secretHeaders.has(name)) return "[redacted]";
  if (name !== "authorization") return value;
  if (!/^signature\s/i.test(value)) return `${value.split(" ", 1)[0] ?? ""} [redacted]`;
  return value
    .replace(/signature="[^"]*"/, 'signature="[redacted]"')
    .replace(/keyId="ST\$[^"]*"/, 'keyId="ST$[redacted]"');
}

function redactedHeaders(headers: RawHeaders): Readonly<Record<string, string>> {
  const result: Record<string, string> = {};
  for (const [name, value] of headers.entries) {
    const shown = redact(name, value);
    result[name] = result[name] === undefined ? shown : `${result[name]}, ${shown}`;
  }
  return result;
}

/** How much a journal keeps. */
export interface JournalLimits {
  /** Default 10,000. */
  readonly entries: number;
  /** Sum of the bodies' bytes; the oldest entries go first. Default 64 MiB. */
  readonly bytes: number;
}

export class Journal {
  readonly #limits: JournalLimits;
  readonly #entries: OpenEntry[] = [];
  readonly #calls = new Calls();
  #bytes = 0;
  #generations = 0;

  constructor(limits: JournalLimits) {
    this.#limits = limits;
  }

  get entries(): readonly JournalEntry[] {
    return this.#entries;
  }

  /** Generations paid for since the start or the last reset, also by requests the journal has forgotten. */
  get generations(): number {
    return this.#generations;
  }

  get generationsByCall(): readonly LogicalCall[] {
    return this.#calls.charged;
  }

  open(request: RawRequest, id: string, plane: Plane, receivedAt: Date): OpenEntry {
    // Only the body's parser is kept: the request's raw headers hold credentials.
    const { json } = request;
    const entry: OpenEntry = {
      id,
      plane,
      method: request.method,
      target: request.target,
      path: request.path,
      headers: redactedHeaders(request.headers),
      get body(): unknown {
        return json();
      },
      rawBody: request.body,
      receivedAt: receivedAt.toISOString(),
      principal: undefined,
      status: undefined,
      refusal: undefined,
      charged: false,
      aborted: false,
      abortedAfterMs: undefined,
      cut: false,
      durationMs: undefined,
    };
    this.#calls.add(entry, request);
    this.#entries.push(entry);
    this.#bytes += request.body.byteLength;
    while (
      this.#entries.length > this.#limits.entries ||
      (this.#bytes > this.#limits.bytes && this.#entries.length > 1)
    ) {
      this.#bytes -= this.#entries.shift()?.rawBody.byteLength ?? 0;
    }
    return entry;
  }

  charge(entry: OpenEntry): void {
    entry.charged = true;
    this.#generations += 1;
    this.#calls.charge(entry);
  }

  clear(): void {
    this.#entries.length = 0;
    this.#calls.clear();
    this.#bytes = 0;
    this.#generations = 0;
  }
}
