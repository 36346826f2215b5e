// The identity side of an emulator: its authority, its token issuer, who was given which credentials, and how often.
import { generateKeyPair, type KeyObject } from "node:crypto";
import { promisify } from "node:util";
import { issueToken, type TokenClaims } from "../auth/session-token.ts";
import type { TrustStore } from "../auth/trust.ts";
import type { EmulatorClock } from "../clock.ts";
import { type CertifiedKey, makeCertificate } from "./certificates.ts";

/** Endpoints of the identity side. */
export type IdentityEndpoint = "metadata" | "federation" | "refresh" | "workload";

/** What an endpoint does with its next request instead of, or before, answering it. */
export interface IdentityAnswer {
  /** An error status; without one the request is answered after the delay. */
  readonly status?: number;
  readonly delayMs?: number;
}

export const newKeyPair: (
  type: "rsa",
  options: { readonly modulusLength: number },
) => Promise<{ readonly publicKey: KeyObject; readonly privateKey: KeyObject }> = promisify(generateKeyPair);
const newCurvePair = promisify(generateKeyPair);

type Authority = CertifiedKey & { readonly commonName: string; readonly publicKey: KeyObject };

/** The instance that the metadata service speaks of. */
export interface Instance {
  readonly id: string;
  readonly compartmentId: string;
  readonly tokenLifeMs: number;
  readonly certificateLifeMs: number;
}

export const hourMs: number = 3_600_000;
const yearMs = 365 * 24 * hourMs;

export class IdentityService {
  readonly counts: Record<IdentityEndpoint, number> = { metadata: 0, federation: 0, refresh: 0, workload: 0 };
  instance: Instance | undefined;
  /** Service-account tokens that the workload endpoint accepts now, and for whom. */
  readonly serviceAccounts: Map<string, { readonly subject: string; readonly tokenLifeMs: number }> =
    new Map();
  readonly #clock: EmulatorClock;
  readonly #trust: TrustStore;
  readonly #answers = new Map<IdentityEndpoint, IdentityAnswer[]>();
  #authority: Promise<Authority> | undefined;
  #leaf: Promise<CertifiedKey> | undefined;
  #leafKeys: ReturnType<typeof newKeyPair> | undefined;

  constructor(clock: EmulatorClock, trust: TrustStore) {
    this.#clock = clock;
    this.#trust = trust;
  }

  /** The authority; made when it is first needed, because keys take a while. Its key also signs tokens. */
  authority(): Promise<Authority> {
    this.#authority ??= this.#makeAuthority();
    return this.#authority;
  }

  /** The instance's certificate: renewed when it has expired, as the metadata service does. */
  async leaf(): Promise<CertifiedKey> {
    const held = await this.#leaf;
    if (held === undefined || held.certificate.validToDate <= this.#clock.now()) this.rotateLeaf();
    return this.#leaf ?? this.leaf();
  }

  /** A new certificate for the instance, with the key it has; clients that hold the old one may go on with it. */
  rotateLeaf(): void {
    this.#leaf = this.#makeLeaf();
  }

  /** A certificate for a server on loopback, on real time because TLS clients go by it. */
  async serverCertificate(address: string): Promise<CertifiedKey> {
    const [issuer, keys] = await Promise.all([this.authority(), newCurvePair("ec", { namedCurve: "P-256" })]);
    const now = Date.now();
    return makeCertificate({
      commonName: address,
      address,
      issuer,
      ...keys,
      notBefore: new Date(now - yearMs),
      notAfter: new Date(now + yearMs),
    });
  }

  async issue(
    claims: Omit<TokenClaims, "issuedAt" | "expiresAt" | "tenancyId">,
    lifeMs: number,
  ): Promise<string> {
    const { privateKey } = await this.authority();
    const issuedAt = this.#clock.now();
    const expiresAt = new Date(issuedAt.getTime() + lifeMs);
    const { tenancyId } = this.#trust.current;
    return issueToken(privateKey, { ...claims, tenancyId, issuedAt, expiresAt });
  }

  script(endpoint: IdentityEndpoint, answers: readonly IdentityAnswer[]): void {
    this.#answers.set(endpoint, [...(this.#answers.get(endpoint) ?? []), ...answers]);
  }

  /** What the endpoint is to do with the request at hand. */
  takeAnswer(endpoint: IdentityEndpoint): IdentityAnswer {
    return this.#answers.get(endpoint)?.shift() ?? {};
  }

  /** Counts and scripted answers go; credentials stay. */
  reset(): void {
    this.#answers.clear();
    Object.assign(this.counts, { metadata: 0, federation: 0, refresh: 0, workload: 0 });
  }

  async #makeAuthority(): Promise<Authority> {
    const keys = await newKeyPair("rsa", { modulusLength: 2048 });
    const now = Date.now();
    const commonName = "oci-emulator";
    const made = makeCertificate({
      commonName,
      ...keys,
      notBefore: new Date(now - yearMs),
      // The emulator's clock may be moved a long way, and the authority is not what expires.
      notAfter: new Date(now + 20 * yearMs),
    });
    this.#trust.addIssuer(keys.publicKey);
    return { ...made, commonName, publicKey: keys.publicKey };
  }

  async #makeLeaf(): Promise<CertifiedKey> {
    this.#leafKeys ??= newKeyPair("rsa", { modulusLength: 2048 });
    const [issuer, keys] = await Promise.all([this.authority(), this.#leafKeys]);
    const nowMs = this.#clock.now().getTime();
    return makeCertificate({
      commonName: this.instance?.id ?? "instance",
      units: [
        "opc-certtype:instance",
        `opc-compartment:${this.instance?.compartmentId ?? ""}`,
        `opc-instance:${this.instance?.id ?? ""}`,
        `opc-tenant:${this.#trust.current.tenancyId}`,
      ],
      issuer,
      ...keys,
      notBefore: new Date(nowMs - hourMs),
      notAfter: new Date(nowMs + (this.instance?.certificateLifeMs ?? 24 * hourMs)),
    });
  }
}
