// Refreshing a session: a token that still holds for one that holds longer, within the session's own life.
import { z } from "zod";
import { checkToken } from "../auth/session-token.ts";
import { checkSignature, parseSignature } from "../auth/signature.ts";
import { refusal } from "../http/dispatch.ts";
import { errorReplies, ociError } from "../http/envelopes.ts";
import type { Reply } from "../http/reply.ts";
import type { OpenCall } from "../http/route.ts";
import type { EmulatorState } from "../state.ts";
import { hourMs } from "./service.ts";

const refreshBody = z.object({ currentToken: z.string().min(1) });

const refuse = (reason: string): Reply => refusal(errorReplies.NotAuthenticated, reason);

export async function refreshSession(call: OpenCall, state: EmulatorState): Promise<Reply> {
  const { request } = call;
  const parsed = refreshBody.safeParse(request.json());
  if (!parsed.success) {
    return refusal(ociError(400, "InvalidParameter", "currentToken is missing."), "there is no currentToken");
  }
  const { currentToken } = parsed.data;
  const now = state.clock.now();
  const signature = parseSignature(request.headers.values("authorization").join(", "));
  if (!signature.ok) return refuse(signature.reason);
  if (signature.value.keyId !== `ST$${currentToken}`) return refuse("keyId is not the token to refresh");
  const token = checkToken(currentToken, state.trust.issuers, now);
  if (!token.ok) return refuse(token.reason);
  if (token.kind !== "session") return refuse(`a token of kind ${token.kind} is not refreshed here`);
  const fault = checkSignature(request, signature.value, token.publicKey, now);
  if (fault !== undefined) return refuse(fault);
  const left = (token.sessionExpiresAt?.getTime() ?? 0) - now.getTime();
  if (left <= 0) return refuse("the session is over; sign in again");
  state.identity.counts.refresh += 1;
  const { publicKey, subject } = token;
  const extra = { sess_exp: token.sessionExpiresAt?.toISOString() };
  const issued = await state.identity.issue(
    { kind: "session", subject, publicKey, extra },
    Math.min(hourMs, left),
  );
  return { kind: "body", status: 200, body: { token: issued } };
}
