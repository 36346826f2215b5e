/** A person's word on whether a call may be made. It is bound to the call that was shown. */
import { hash } from "node:crypto";
import { InterruptError } from "../errors/errors.ts";
import { canonicalJson, isJsonObject, type JsonValue } from "../json/json.ts";
import type { PendingCall } from "../state/types.ts";
import { didYouMean } from "../text/nearest.ts";

export interface Approval {
  readonly approved: boolean;
  /** Changed by the person. */
  readonly arguments?: JsonValue;
  readonly reason?: string;
  /** Of the call that the person saw. */
  readonly digest?: string;
}

/** An approval with the arguments it was asked for. */
export interface ShownApproval extends Approval {
  readonly shown?: JsonValue;
}

/** SHA-256 of what a person is shown: the tool and its arguments. */
export function approvalDigest(name: string, shown: JsonValue): string {
  return hash("sha256", canonicalJson([name, shown]), "hex");
}

/** The answer that was given for this call, and what it was given about, if there is one. */
export function readApproval({ approval }: PendingCall): ShownApproval | undefined {
  if (approval === undefined) return undefined;
  const { value, shown } = approval;
  return shown === undefined ? parseApproval(value) : { ...parseApproval(value), shown };
}

/**
 * Whether the word given for a call covers `json`, which is about to be run: it is what was shown, or has all that the
 * person made of it, with no more than defaults added. Whatever else made something of it, a hook or the tool's own
 * schema, is asked about again.
 */
export function covers({ arguments: edited, shown }: ShownApproval, json: JsonValue): boolean {
  if (edited === undefined) return shown === undefined || canonicalJson(json) === canonicalJson(shown);
  if (!isJsonObject(edited) || !isJsonObject(json)) return canonicalJson(json) === canonicalJson(edited);
  return Object.entries(edited).every(
    ([name, value]) =>
      value !== undefined && json[name] !== undefined && canonicalJson(json[name]) === canonicalJson(value),
  );
}

/** @throws InterruptError where the answer is not `{ approved: boolean, arguments?, reason?, digest? }`. */
export function parseApproval(answer: JsonValue): Approval {
  if (!isJsonObject(answer) || typeof answer.approved !== "boolean") {
    throw new InterruptError(
      `an approval is answered { approved: boolean, arguments?, reason?, digest? }, not ${JSON.stringify(answer)}`,
    );
  }
  const { approved, arguments: args, reason, digest, ...rest } = answer;
  const [unknown] = Object.keys(rest);
  if (unknown !== undefined) {
    throw new InterruptError(
      `an approval has no member "${unknown}"${didYouMean(unknown, ["approved", "arguments", "reason", "digest"])}`,
    );
  }
  for (const [member, value] of Object.entries({ reason, digest })) {
    // A binding of the wrong type binds nothing: that is not for us to overlook.
    if (value !== undefined && typeof value !== "string") {
      throw new InterruptError(`the ${member} of an approval is text, not ${JSON.stringify(value)}`);
    }
  }
  return {
    approved,
    ...(args === undefined ? {} : { arguments: args }),
    ...(typeof reason === "string" ? { reason } : {}),
    ...(typeof digest === "string" ? { digest } : {}),
  };
}
