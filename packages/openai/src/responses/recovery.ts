/** Which refusals are about the history, told apart by parameter, code and text; what is done about them is the model's. */
import { isRecord } from "@locus-sdk/core";
import { readWireError, type WireError } from "../wire-error.ts";

/** The include that makes a server hand out reasoning in a form it can take back. */
export const ENCRYPTED_REASONING = "reasoning.encrypted_content";

/** What a refusal comes to. */
export type Refusal =
  /** The tenancy keeps nothing, as a rule; or the server has no such thing as state. */
  | { readonly kind: "stateless"; readonly why: string; readonly rule?: true }
  /** The response or conversation is unknown or expired. */
  | { readonly kind: "lost"; readonly why: string }
  /** Somebody else is at work on the conversation. */
  | { readonly kind: "busy" }
  /** The server does not hand out sealed reasoning. */
  | { readonly kind: "include" }
  /** Sealed reasoning that the server cannot open. */
  | { readonly kind: "sealed" };

const LOST_CODE = /^(?:previous_response_not_found|response_not_found|conversation_not_found)$/;
const LOST_TEXT =
  // Within one sentence; a dot in an id does not end it.
  /\b(?:previous[ _]response(?:[ _]id)?|response|conversation|thread)\b(?:[^.]|\.(?=\S))*(?:\bnot (?:be )?found|\bdoes not exist|\bno longer (?:exists|available|stored)|\b(?:has|is) expired)|\b(?:unknown|expired|no such|could not find|cannot find)\b(?: \w+)? (?:previous[ _]response(?:[ _]id)?|response|conversation|thread)\b/i;
const BUSY =
  /conversation_locked|another (?:process|request|response) is (?:currently |already )?(?:operating|running|active) on this conversation/i;
/** The longest piece of a server's text that is looked at. */
const READ_CHARS = 2_000;
const ZDR_TEXT = /zero[ -]data[ -]retention/i;
const UNUSABLE_TEXT = /previous[ _]response\S*(?: \w+)? (?:can ?not|can't|may not|must not) be used/i;
const UNSUPPORTED =
  /unsupported|not supported|does not support|unrecognized|unknown (?:parameter|argument|field)/i;
const STATE_PARAM = /^(?:previous_response_id|conversation(?:\.id)?)$/;

/**
 * Whether a server's words mean that it no longer has what a request goes on with. Of a request that goes on with
 * nothing they mean something else.
 *
 * @example
 * ```ts
 * import { isStateLost } from "@locus-sdk/openai";
 *
 * isStateLost({ message: "Previous response with id 'resp_1' not found." }); // true
 * ```
 */
export function isStateLost(wire: WireError): boolean {
  return LOST_CODE.test(wire.code ?? "") || LOST_TEXT.test((wire.message ?? "").slice(0, READ_CHARS));
}

const REFUSED: readonly unknown[] = [400, 403, 404, 422];

/** What the client threw, as the server said it; nothing where it is not a refused request. */
function refusedWire(error: unknown): WireError | undefined {
  const status = error instanceof Error && "status" in error ? error.status : undefined;
  if (!(error instanceof Error) || !REFUSED.includes(status)) return undefined;
  const body = "error" in error ? error.error : undefined;
  return readWireError(
    isRecord(body) || typeof body === "string" ? body : error.message.replace(/^\d+\s*/, ""),
  );
}

/** What a request carried that a refusal may be about. */
export interface Carried {
  /** It went on with something of the server's, or has lost it in this very call. */
  readonly link: boolean;
  readonly include: boolean;
  readonly sealed: boolean;
}

/** Reads what a call threw, or nothing where it is about something else. */
export function readRefusal(error: unknown, carried: Carried): Refusal | undefined {
  const wire = refusedWire(error);
  if (wire === undefined) return undefined;
  const said = (wire.message ?? "").slice(0, READ_CHARS);
  const code = wire.code ?? "";
  const param = wire.param ?? "";
  if (ZDR_TEXT.test(said) || (carried.link && UNUSABLE_TEXT.test(said)))
    return { kind: "stateless", why: "Zero Data Retention", rule: true };
  if (carried.include && /^include\b/.test(param)) return { kind: "include" };
  if (carried.sealed && (code === "invalid_encrypted_content" || isSealedText(said))) {
    return { kind: "sealed" };
  }
  if (carried.include && /encrypted[ _]content/i.test(said)) return { kind: "include" };
  if (!carried.link) return undefined;
  if (BUSY.test(`${code} ${said}`)) return { kind: "busy" };
  const aboutState = STATE_PARAM.test(param);
  if ((aboutState || /previous_response_id/.test(said)) && UNSUPPORTED.test(`${code} ${said}`)) {
    return { kind: "stateless", why: `it takes no ${aboutState ? param : "previous_response_id"}` };
  }
  return aboutState || isStateLost(wire) ? { kind: "lost", why: said } : undefined;
}

const isSealedText = (said: string): boolean =>
  /encrypted[ _]content/i.test(said) && /verif|decrypt|pars|invalid|corrupt|mismatch/i.test(said);
