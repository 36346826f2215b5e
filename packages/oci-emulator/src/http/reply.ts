// A reply: what a handler decided to send, before any byte of it is written.
import type { JsonValue } from "../json.ts";
import type { StreamEvent } from "../stream/events.ts";
import type { Fault, WireStyle } from "../stream/wire.ts";

interface Common {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Real milliseconds to wait before the first byte. */
  readonly delayMs?: number;
  readonly wire?: WireStyle;
  readonly faults?: readonly Fault[];
  /** Whether sending this pays for a generation. */
  readonly charged?: boolean;
  /** Called when the status is about to be sent: what the server remembers of an answer, it remembers from then on. */
  readonly onSent?: () => void;
  /** For the journal, when a request is refused. */
  readonly refusal?: string;
}

export type Reply =
  | (Common & { readonly kind: "body"; readonly body: JsonValue })
  | (Common & { readonly kind: "events"; readonly events: Iterable<StreamEvent> })
  | (Common & {
      readonly kind: "bytes";
      readonly contentType: string;
      readonly bytes: AsyncIterable<Uint8Array>;
    });
