// OKE workload identity: a pod's service-account token for a token of its own, as the cluster's proxymux gives them.
import { z } from "zod";
import { refusal } from "../http/dispatch.ts";
import { errorReplies, ociError } from "../http/envelopes.ts";
import type { Reply } from "../http/reply.ts";
import type { OpenCall } from "../http/route.ts";
import type { EmulatorState } from "../state.ts";
import { readPublicKey } from "./federation.ts";

const workloadBody = z.object({ podKey: z.string().min(1) });

export async function workloadToken(call: OpenCall, state: EmulatorState): Promise<Reply> {
  const { request } = call;
  const bearer = /^Bearer (\S+)$/.exec(request.headers.first("authorization") ?? "")?.[1];
  const account = state.identity.serviceAccounts.get(bearer ?? "");
  if (account === undefined) {
    return refusal(errorReplies.NotAuthenticated, "the service account's token is missing or out of date");
  }
  const parsed = workloadBody.safeParse(request.json());
  const publicKey = parsed.success ? readPublicKey(parsed.data.podKey) : undefined;
  if (publicKey === undefined) {
    const error = ociError(400, "InvalidParameter", "podKey must be an RSA public key.");
    return refusal(error, "podKey is no RSA key of 2048 bits or more");
  }
  state.identity.counts.workload += 1;
  const { tenancyId } = state.trust.current;
  const claims = {
    kind: "workload",
    subject: account.subject,
    publicKey,
    extra: { res_tenant: tenancyId, res_type: "workload" },
  } as const;
  const token = `ST$${await state.identity.issue(claims, account.tokenLifeMs)}`;
  // The whole answer is base64 of JSON, not JSON.
  const body = Buffer.from(JSON.stringify({ token })).toString("base64");
  return { kind: "body", status: 200, body, headers: { "content-type": "text/plain" } };
}
