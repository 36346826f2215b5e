/** Certificates made on the spot: as much DER as an instance's certificate and a TLS server on loopback need. */
import { createPrivateKey, createPublicKey, type KeyObject, randomBytes, sign } from "node:crypto";

const SHA256_RSA = "2a864886f70d01010b";
const COMMON_NAME = "550403";
const ORGANIZATIONAL_UNIT = "55040b";
const ALTERNATIVE_NAME = "551d11";
const BASIC_CONSTRAINTS = "551d13";

function tlv(tag: number, ...contents: readonly Buffer[]): Buffer {
  const content = Buffer.concat(contents);
  const { length } = content;
  const size = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...size]), content]);
}
const sequence = (...contents: readonly Buffer[]): Buffer => tlv(0x30, ...contents);
const oid = (hex: string): Buffer => tlv(0x06, Buffer.from(hex, "hex"));
const algorithm = (): Buffer => sequence(oid(SHA256_RSA), tlv(0x05));
const bits = (content: Buffer): Buffer => tlv(0x03, Buffer.from([0]), content);
const time = (date: Date): Buffer =>
  tlv(0x18, Buffer.from(`${date.toISOString().replace(/\D/g, "").slice(0, 14)}Z`));
const name = (parts: readonly (readonly [string, string])[]): Buffer =>
  sequence(...parts.map(([type, value]) => tlv(0x31, sequence(oid(type), tlv(0x0c, Buffer.from(value))))));
const extension = (type: string, value: Buffer): Buffer => sequence(oid(type), tlv(0x04, value));

export interface CertificateOptions {
  readonly commonName: string;
  readonly units?: readonly string[];
  readonly key: KeyObject;
  /** Who signs; by default the certificate's own key. */
  readonly issuer?: { readonly commonName: string; readonly key: KeyObject };
  /** For a server on 127.0.0.1. */
  readonly loopback?: boolean;
  readonly authority?: boolean;
}

/** A certificate in PEM form. */
export function certificate({ commonName, units = [], key, ...options }: CertificateOptions): string {
  const issuer = options.issuer ?? { commonName, key };
  const subject = [
    ...units.map((unit) => [ORGANIZATIONAL_UNIT, unit] as const),
    [COMMON_NAME, commonName] as const,
  ];
  const extensions = [
    ...(options.loopback === true
      ? [extension(ALTERNATIVE_NAME, sequence(tlv(0x87, Buffer.from([127, 0, 0, 1]))))]
      : []),
    ...(options.authority === true
      ? [extension(BASIC_CONSTRAINTS, sequence(tlv(0x01, Buffer.from([0xff]))))]
      : []),
  ];
  const now = Date.now();
  const body = sequence(
    tlv(0xa0, tlv(0x02, Buffer.from([2]))),
    tlv(0x02, Buffer.concat([Buffer.from([1]), randomBytes(8)])),
    algorithm(),
    name([[COMMON_NAME, issuer.commonName]]),
    sequence(time(new Date(now - 3_600_000)), time(new Date(now + 24 * 3_600_000))),
    name(subject),
    createPublicKey(createPrivateKey(key.export({ type: "pkcs8", format: "pem" }))).export({
      type: "spki",
      format: "der",
    }),
    ...(extensions.length === 0 ? [] : [tlv(0xa3, sequence(...extensions))]),
  );
  const der = sequence(body, algorithm(), bits(sign("sha256", body, issuer.key)));
  const lines = der.toString("base64").match(/.{1,64}/g) ?? [];
  return ["-----BEGIN CERTIFICATE-----", ...lines, "-----END CERTIFICATE-----", ""].join("\n");
}
