/** A person's word on whether a call may be made. It is bound to the call that was shown. */
import { createHash } from "node:crypto";
import { InterruptError } from "../errors/errors.ts";
import { canonicalJson, isJsonObject, type JsonValue } from "../json/json.ts";
import type { PendingCall } from "../state/types.ts";
import { didYouMean } from "../text/nearest.ts";

export interface Approval {
  readonly approved: boolean;
  /** Changed by the person, with this word or an earlier one. */
  readonly arguments?: JsonValue;
  readonly reason?: string;
  /** Of the call that the person saw. */
  readonly digest?: string;
}

/** SHA-256 of what a person is shown: the tool and its arguments. */
export function approvalDigest(name: string, shown: JsonValue): string {
  return createHash("sha256")
    .update(canonicalJson([name, shown]))
    .digest("hex");
}

/** The answer that was given for this call, if there is one. */
export function readApproval({ approval }: PendingCall): Approval | undefined {
  if (approval === undefined) return undefined;
  const parsed = parseApproval(approval.value);
  return approval.arguments === undefined ? parsed : { ...parsed, arguments: approval.arguments };
}

/**
 * Whether the word given for a call covers `json`, which is about to be run: it is what was shown, or what the person
 * made of it and nobody changed since. A rule, a default or a hook that changed in between asks again.
 */
export function isCovered({ approval }: PendingCall, json: JsonValue, rewritten: boolean): boolean {
  if (approval?.shown === undefined) return true;
  const editedNow = isJsonObject(approval.value) && approval.value.arguments !== undefined;
  return editedNow ? !rewritten : canonicalJson(json) === canonicalJson(approval.shown);
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
  return {
    approved,
    ...(args === undefined ? {} : { arguments: args }),
    ...(typeof reason === "string" ? { reason } : {}),
    ...(typeof digest === "string" ? { digest } : {}),
  };
}
