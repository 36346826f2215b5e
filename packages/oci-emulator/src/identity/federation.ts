// Federation: an instance's certificate for a token. Every field and the signature over them are checked.
import { createPublicKey, type KeyObject, X509Certificate } from "node:crypto";
import { z } from "zod";
import { checkSignature, parseSignature } from "../auth/signature.ts";
import { refusal } from "../http/dispatch.ts";
import { errorReplies, ociError } from "../http/envelopes.ts";
import type { Reply } from "../http/reply.ts";
import type { RawRequest } from "../http/request.ts";
import type { OpenCall } from "../http/route.ts";
import type { EmulatorState } from "../state.ts";
import { type CertifiedKey, fingerprintOf } from "./certificates.ts";

const federationBody = z.object({
  certificate: z.string().min(1),
  purpose: z.string(),
  publicKey: z.string().min(1),
  intermediateCertificates: z.array(z.string()),
});

const refuse = (reason: string): Reply => refusal(errorReplies.NotAuthenticated, reason);

export async function federate(call: OpenCall, state: EmulatorState): Promise<Reply> {
  const { request } = call;
  const parsed = federationBody.safeParse(request.json());
  if (!parsed.success) {
    const reason = z.prettifyError(parsed.error);
    return refusal(ociError(400, "InvalidParameter", "Invalid federation request."), reason);
  }
  const { data } = parsed;
  const { instance } = state.identity;
  const leaf = readCertificate(data.certificate);
  if (leaf === undefined || instance === undefined) return refuse("the certificate cannot be read");
  const now = state.clock.now();
  const broken =
    checkChain(leaf, data.intermediateCertificates, await state.identity.authority(), now) ??
    checkSender(request, leaf, state, now);
  if (broken !== undefined) return refuse(broken);
  if (data.purpose !== "DEFAULT") return refuse(`the purpose is ${data.purpose}, not DEFAULT`);
  const publicKey = readPublicKey(data.publicKey);
  if (publicKey === undefined) return refuse("the session's public key is no RSA key of 2048 bits or more");
  state.identity.counts.federation += 1;
  const { tenancyId } = state.trust.current;
  const extra = {
    "opc-instance": instance.id,
    "opc-compartment": instance.compartmentId,
    "opc-tenant": tenancyId,
    "opc-certtype": "instance",
  };
  const claims = { kind: "instance", subject: instance.id, publicKey, extra } as const;
  return {
    kind: "body",
    status: 200,
    body: { token: await state.identity.issue(claims, instance.tokenLifeMs) },
  };
}

function readCertificate(base64: string): X509Certificate | undefined {
  try {
    return new X509Certificate(Buffer.from(base64.replace(/\s/g, ""), "base64"));
  } catch {
    return undefined;
  }
}

/** A key without its PEM armour; the service takes no weak ones. */
export function readPublicKey(base64: string): KeyObject | undefined {
  try {
    const der = Buffer.from(base64.replace(/-----[A-Z ]+-----|\s/g, ""), "base64");
    const key = createPublicKey({ key: der, format: "der", type: "spki" });
    const strong = (key.asymmetricKeyDetails?.modulusLength ?? 0) >= 2048;
    return key.asymmetricKeyType === "rsa" && strong ? key : undefined;
  } catch {
    return undefined;
  }
}

function checkChain(
  leaf: X509Certificate,
  intermediates: readonly string[],
  authority: CertifiedKey,
  now: Date,
): string | undefined {
  const isOurs = (text: string): boolean =>
    readCertificate(text)?.raw.equals(authority.certificate.raw) === true;
  if (!intermediates.some(isOurs))
    return "the intermediate certificate is not among intermediateCertificates";
  if (!leaf.verify(authority.certificate.publicKey)) return "the certificate was not issued by this emulator";
  if (now < leaf.validFromDate || now >= leaf.validToDate) {
    return `the certificate is valid from ${leaf.validFrom} to ${leaf.validTo}`;
  }
  return undefined;
}

/** The request is signed by the certificate's key, under the name that the certificate gives it. */
function checkSender(
  request: RawRequest,
  leaf: X509Certificate,
  state: EmulatorState,
  now: Date,
): string | undefined {
  // Joined as they are: two of them are no signature that can be parsed.
  const signature = parseSignature(request.headers.values("authorization").join(", "));
  if (!signature.ok) return signature.reason;
  const { tenancyId } = state.trust.current;
  const names = [
    `${tenancyId}/fed-x509/${fingerprintOf(leaf, "sha1")}`,
    `${tenancyId}/fed-x509-sha256/${fingerprintOf(leaf, "sha256")}`,
  ];
  if (!names.includes(signature.value.keyId)) return `keyId is ${signature.value.keyId}, not ${names[0]}`;
  return checkSignature(request, signature.value, leaf.publicKey, now);
}
