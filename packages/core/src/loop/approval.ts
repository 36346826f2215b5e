/** A person's word on whether a call may be made. */
import { InterruptError } from "../errors/errors.ts";
import { isJsonObject, type JsonValue } from "../json/json.ts";
import type { PendingCall } from "../state/types.ts";
import { didYouMean } from "../text/nearest.ts";

export interface Approval {
  readonly approved: boolean;
  readonly arguments?: JsonValue;
  readonly reason?: string;
}

/** The answer that was given for this call, if there is one. */
export function readApproval({ approval }: PendingCall): Approval | undefined {
  return approval === undefined ? undefined : parseApproval(approval.value);
}

/** @throws InterruptError where the answer is not `{ approved: boolean, arguments?, reason? }`. */
export function parseApproval(answer: JsonValue): Approval {
  if (!isJsonObject(answer) || typeof answer.approved !== "boolean") {
    throw new InterruptError(
      `an approval is answered { approved: boolean, arguments?, reason? }, not ${JSON.stringify(answer)}`,
    );
  }
  const { approved, arguments: args, reason, ...rest } = answer;
  const [unknown] = Object.keys(rest);
  if (unknown !== undefined) {
    throw new InterruptError(
      `an approval has no member "${unknown}"${didYouMean(unknown, ["approved", "arguments", "reason"])}`,
    );
  }
  return {
    approved,
    ...(args === undefined ? {} : { arguments: args }),
    ...(typeof reason === "string" ? { reason } : {}),
  };
}
