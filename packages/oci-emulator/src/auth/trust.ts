// Whom the emulator trusts: signing keys, the issuer of session tokens, GenAI API keys, compartments.
import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
} from "node:crypto";
import { z } from "zod";
import { EmulatorError } from "../errors.ts";

/** A GenAI API key: two secrets, either of which is accepted as a Bearer token. */
export interface ApiKey {
  readonly id: string;
  readonly name: string;
  readonly secrets: readonly [string, string];
  readonly compartmentId: string;
  readonly region: string;
  /** ISO 8601. */
  readonly expiresAt: string;
  readonly active: boolean;
  /** Minted before a policy allowed keys: such a key fails for good, as on the service. */
  readonly mintedBeforePolicy: boolean;
}

/** A user's public signing key, named as requests name it. */
export interface TrustedKey {
  /** `tenancy/user/fingerprint` */
  readonly keyId: string;
  /** SPKI, PEM. */
  readonly publicKey: string;
}

/**
 * Everything an emulator needs to recognise its clients, as plain data: it can be written to a file and read back.
 * It holds the issuer's private key, which signs session tokens for this emulator only.
 */
export interface Trust {
  readonly tenancyId: string;
  readonly userId: string;
  readonly compartmentIds: readonly string[];
  readonly region: string;
  readonly keys: readonly TrustedKey[];
  /** PKCS8, PEM: signs the session tokens that this emulator accepts. */
  readonly issuerKey: string;
  readonly apiKeys: readonly ApiKey[];
}

const trustSchema: z.ZodType<Trust> = z.object({
  tenancyId: z.string().min(1),
  userId: z.string().min(1),
  compartmentIds: z.array(z.string().min(1)).min(1),
  region: z.string().min(1),
  keys: z.array(z.object({ keyId: z.string().min(1), publicKey: z.string().min(1) })),
  issuerKey: z.string().min(1),
  apiKeys: z.array(
    z.object({
      id: z.string(),
      name: z.string(),
      secrets: z.tuple([z.string(), z.string()]),
      compartmentId: z.string(),
      region: z.string(),
      expiresAt: z.string(),
      active: z.boolean(),
      mintedBeforePolicy: z.boolean(),
    }),
  ),
});

const base32 = "abcdefghijklmnopqrstuvwxyz234567";

/** A new OCID of the given kind, in the shape OCI gives them. */
export function newOcid(kind: string, region = ""): string {
  const unique = Array.from(randomBytes(56), (byte) => base32.charAt(byte % 32)).join("");
  return `ocid1.${kind}.oc1.${region}.aaaaaaaa${unique.slice(8)}`;
}

/** The project that clients of this trust are told to use: always the same one. */
export function projectOf(trust: Trust): string {
  const digest = createHash("sha512").update(trust.tenancyId).digest();
  const unique = Array.from(digest.subarray(0, 48), (byte) => base32.charAt(byte % 32)).join("");
  return `ocid1.generativeaiproject.oc1.${trust.region}.amaaaaaa${unique}`;
}

/** Trust in nobody yet: a tenancy, a user, a compartment and an issuer, no keys. */
export function createTrust(region = "us-chicago-1"): Trust {
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  return {
    tenancyId: newOcid("tenancy"),
    userId: newOcid("user"),
    compartmentIds: [newOcid("compartment")],
    region,
    keys: [],
    issuerKey: privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
    apiKeys: [],
  };
}

/** What `createApiKey` may be told. */
export interface ApiKeyOptions {
  readonly name?: string;
  readonly compartmentId?: string;
  readonly region?: string;
  /** Life from now on the emulator's clock; default 90 days, as on the service. */
  readonly lifeMs?: number;
  readonly mintedBeforePolicy?: boolean;
}

const ninetyDaysMs = 90 * 24 * 3_600_000;

export function newApiKey(trust: Trust, now: Date, options: ApiKeyOptions = {}): ApiKey {
  const secret = (): string => `sk-${randomBytes(32).toString("base64url")}`;
  return {
    id: newOcid("generativeaiapikey", trust.region),
    name: options.name ?? "emulator-key",
    secrets: [secret(), secret()],
    compartmentId: options.compartmentId ?? firstCompartment(trust),
    region: options.region ?? trust.region,
    expiresAt: new Date(now.getTime() + (options.lifeMs ?? ninetyDaysMs)).toISOString(),
    active: true,
    mintedBeforePolicy: options.mintedBeforePolicy ?? false,
  };
}

export function firstCompartment(trust: Trust): string {
  const [first] = trust.compartmentIds;
  if (first === undefined) {
    throw new EmulatorError("invalid_trust", "The trust names no compartment.", "Put one in compartmentIds.");
  }
  return first;
}

/** The trust of a running emulator: looked up on each request, extended while it runs. */
export class TrustStore {
  #trust: Trust;
  readonly issuerPrivateKey: KeyObject;
  readonly #issuers: KeyObject[];
  readonly #keys = new Map<string, KeyObject>();
  readonly #apiKeys = new Map<string, ApiKey>();
  #minted: (secret: string) => ApiKey | undefined = () => undefined;

  constructor(trust: Trust) {
    const checked = trustSchema.safeParse(trust);
    if (!checked.success) {
      throw new EmulatorError(
        "invalid_trust",
        `The trust is not usable: ${z.prettifyError(checked.error)}.`,
        "Pass what writeTestConfig() returned as `trust`.",
      );
    }
    this.#trust = checked.data;
    this.issuerPrivateKey = createPrivateKey(checked.data.issuerKey);
    this.#issuers = [createPublicKey(this.issuerPrivateKey)];
    for (const key of checked.data.keys) this.#keys.set(key.keyId, createPublicKey(key.publicKey));
    for (const key of checked.data.apiKeys) this.#index(key);
  }

  get current(): Trust {
    return this.#trust;
  }

  /** Whose tokens are accepted. */
  get issuers(): readonly KeyObject[] {
    return this.#issuers;
  }

  addIssuer(publicKey: KeyObject): void {
    this.#issuers.push(publicKey);
  }

  /** Takes over the keys of a trust that was made from this one. */
  extend(trust: Trust): void {
    const known = ({ keyId }: TrustedKey): boolean => this.#keys.has(keyId);
    const keys = trust.keys.filter((key) => !known(key));
    for (const key of keys) this.#keys.set(key.keyId, createPublicKey(key.publicKey));
    this.#trust = { ...this.#trust, keys: [...this.#trust.keys, ...keys] };
    for (const key of trust.apiKeys) if (!this.#apiKeys.has(key.secrets[0])) this.putApiKey(key);
  }

  /** Adds an API key, or replaces the one with the same id. */
  putApiKey(key: ApiKey): void {
    this.#index(key);
    const others = this.#trust.apiKeys.filter(({ id }) => id !== key.id);
    this.#trust = { ...this.#trust, apiKeys: [...others, key] };
  }

  publicKey(keyId: string): KeyObject | undefined {
    return this.#keys.get(keyId);
  }

  /** Where else to look for an API key: one that the control plane minted comes and goes with its resource. */
  lookUpMinted(find: (secret: string) => ApiKey | undefined): void {
    this.#minted = find;
  }

  apiKey(secret: string): ApiKey | undefined {
    return this.#apiKeys.get(secret) ?? this.#minted(secret);
  }

  #index(key: ApiKey): void {
    for (const secret of key.secrets) this.#apiKeys.set(secret, key);
  }
}
