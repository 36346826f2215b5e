// X.509 certificates of a small authority of the emulator's own: for instances, and for TLS on loopback.
import { createHash, type KeyObject, randomBytes, sign, X509Certificate } from "node:crypto";
import {
  bits,
  boolean,
  implicit,
  integer,
  nothing,
  objectId,
  octets,
  sequence,
  set,
  tagged,
  text,
  time,
} from "./der.ts";

/** A certificate with the key that it is for. */
export interface CertifiedKey {
  readonly certificate: X509Certificate;
  /** PEM. */
  readonly pem: string;
  readonly privateKey: KeyObject;
}

export interface CertificateOptions {
  readonly commonName: string;
  /** Organisational units; an instance's certificate names its tenancy there. */
  readonly units?: readonly string[];
  readonly publicKey: KeyObject;
  readonly privateKey: KeyObject;
  readonly notBefore: Date;
  readonly notAfter: Date;
  /** Who signs; without one the certificate is an authority and signs itself. */
  readonly issuer?: CertifiedKey & { readonly commonName: string };
  /** IPv4 address that a server answers at. */
  readonly address?: string;
}

const oids = {
  commonName: "2.5.4.3",
  unit: "2.5.4.11",
  sha256WithRsa: "1.2.840.113549.1.1.11",
  keyUsage: "2.5.29.15",
  alternativeName: "2.5.29.17",
  basicConstraints: "2.5.29.19",
} as const;

const attribute = (oid: string, value: string): Uint8Array => set(sequence(objectId(oid), text(value)));

const nameOf = (commonName: string, units: readonly string[] = []): Uint8Array =>
  sequence(...units.map((unit) => attribute(oids.unit, unit)), attribute(oids.commonName, commonName));

const extension = (oid: string, critical: boolean, content: Uint8Array): Uint8Array =>
  sequence(objectId(oid), ...(critical ? [boolean(true)] : []), octets(content));

/** Signs a certificate with an RSA issuer. */
export function makeCertificate(options: CertificateOptions): CertifiedKey {
  const { commonName, units, publicKey, privateKey, notBefore, notAfter, issuer, address } = options;
  const algorithm = sequence(objectId(oids.sha256WithRsa), nothing);
  const isAuthority = issuer === undefined;
  const extensions = [
    extension(oids.basicConstraints, true, isAuthority ? sequence(boolean(true)) : sequence()),
    // keyCertSign, the sixth bit, for an authority; else digitalSignature, the first.
    extension(oids.keyUsage, true, isAuthority ? bits(Uint8Array.of(0x04), 2) : bits(Uint8Array.of(0x80), 7)),
    ...(address === undefined
      ? []
      : [
          extension(
            oids.alternativeName,
            false,
            sequence(implicit(7, Uint8Array.from(address.split("."), Number))),
          ),
        ]),
  ];
  const body = sequence(
    tagged(0, integer(2)),
    integer(0x40, ...randomBytes(15)),
    algorithm,
    nameOf(issuer?.commonName ?? commonName),
    sequence(time(notBefore), time(notAfter)),
    nameOf(commonName, units),
    publicKey.export({ type: "spki", format: "der" }),
    tagged(3, sequence(...extensions)),
  );
  const signature = sign("sha256", body, issuer?.privateKey ?? privateKey);
  const certificate = new X509Certificate(sequence(body, algorithm, bits(signature)));
  return { certificate, pem: certificate.toString(), privateKey };
}

/** How requests name a certificate: the digest of its DER in colon hex. */
export function fingerprintOf(certificate: X509Certificate, algorithm: "sha1" | "sha256"): string {
  const digest = createHash(algorithm).update(certificate.raw).digest("hex");
  return (digest.match(/../g) ?? []).join(":");
}
