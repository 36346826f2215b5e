// Writes an OCI config directory for tests: profiles of all kinds, their keys, a session token.
import { createHash, createPublicKey, generateKeyPair, type KeyObject } from "node:crypto";
import { chmod, mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";
import { issueToken } from "../auth/session-token.ts";
import {
  type ApiKey,
  createTrust,
  firstCompartment,
  newApiKey,
  projectOf,
  type Trust,
  TrustStore,
} from "../auth/trust.ts";

/** What `writeTestConfig` may be told. */
export interface TestConfigOptions {
  /** Default `us-chicago-1`; a trust brings its own. */
  readonly region?: string;
  /** Life of the session token in milliseconds; default one hour. A negative one writes an expired token. */
  readonly tokenLifeMs?: number;
  /** How long the session could be refreshed, in milliseconds; default 24 hours. */
  readonly sessionLifeMs?: number;
  /** Pass phrase of the ENCRYPTED profile's key; default `emulator`. */
  readonly passPhrase?: string;
  /** Profile that `env` selects; default `DEFAULT`. */
  readonly profile?: TestProfileName;
  /** Origin of the data plane for `env`; a running emulator puts in its own. */
  readonly endpoint?: string;
  /** Origin of the control plane for `env`; a running emulator puts in its own. */
  readonly controlEndpoint?: string;
  /** Trust to extend; default a new one. */
  readonly trust?: Trust;
}

/** The profiles of the file. */
export type TestProfileName = "DEFAULT" | "PKCS1" | "ENCRYPTED" | "SESSION";

export interface TestProfile {
  readonly authType: "api_key" | "security_token";
  readonly keyFile: string;
  readonly fingerprint: string;
  /** On profiles of API keys. */
  readonly keyId?: string;
  readonly passPhrase?: string;
  /** On the session's profile. */
  readonly securityTokenFile?: string;
}

/** What was written, and how to use it. */
export interface TestConfig {
  readonly configFile: string;
  readonly profiles: Readonly<Record<TestProfileName, TestProfile>>;
  readonly tenancyId: string;
  readonly userId: string;
  readonly compartmentId: string;
  /** A Generative AI project, which Responses and Conversations need. */
  readonly projectId: string;
  readonly region: string;
  /** A GenAI API key for Bearer authentication. */
  readonly apiKey: ApiKey;
  /** Environment that points a client at the emulator; `OCI_ENDPOINT` and `OCI_CONTROL_ENDPOINT` only if they are known. */
  readonly env: Readonly<Record<string, string>>;
  /** Pass this to `startOciEmulator({ trust })`. */
  readonly trust: Trust;
}

interface WriteOptions extends TestConfigOptions {
  readonly now?: Date;
}

/**
 * Writes an OCI config file with profiles DEFAULT (PKCS8 key), PKCS1, ENCRYPTED (pass phrase) and SESSION (token),
 * all files readable by their owner alone.
 *
 * @example
 * ```ts
 * import { startOciEmulator, writeTestConfig } from "@locus-sdk/oci-emulator";
 *
 * const config = await writeTestConfig("./.oci-test");
 * await using emulator = await startOciEmulator({ trust: config.trust });
 * Object.assign(process.env, config.env, { OCI_ENDPOINT: emulator.url });
 * ```
 */
export async function writeTestConfig(
  directory: string,
  options: TestConfigOptions = {},
): Promise<TestConfig> {
  return writeConfigFiles(directory, options);
}

const newKeyPair = promisify(generateKeyPair);
const hourMs = 3_600_000;

/** MD5 of the public key's DER, colon hex: how OCI names a key. */
function fingerprintOf(key: KeyObject): string {
  const digest = createHash("md5")
    .update(key.export({ type: "spki", format: "der" }))
    .digest("hex");
  return (digest.match(/../g) ?? []).join(":");
}

export async function writeConfigFiles(directory: string, options: WriteOptions): Promise<TestConfig> {
  const {
    now = new Date(),
    tokenLifeMs = hourMs,
    sessionLifeMs = 24 * hourMs,
    passPhrase = "emulator",
  } = options;
  const base = options.trust ?? createTrust(options.region);
  const { tenancyId, userId, region } = base;
  const root = path.resolve(directory);
  const [user, session] = await Promise.all([
    newKeyPair("rsa", { modulusLength: 2048 }),
    newKeyPair("rsa", { modulusLength: 2048 }),
  ]);
  const fingerprint = fingerprintOf(user.publicKey);
  const keyId = `${tenancyId}/${userId}/${fingerprint}`;
  const issuer = new TrustStore(base).issuerPrivateKey;
  const token = issueToken(issuer, {
    kind: "session",
    tenancyId,
    subject: userId,
    publicKey: createPublicKey(session.privateKey.export({ type: "pkcs8", format: "pem" })),
    issuedAt: now,
    expiresAt: new Date(now.getTime() + tokenLifeMs),
    extra: { sess_exp: new Date(now.getTime() + sessionLifeMs).toISOString() },
  });
  const file = (name: string): string => path.join(root, name);
  const api = { authType: "api_key", fingerprint, keyId } as const;
  const profiles: TestConfig["profiles"] = {
    DEFAULT: { ...api, keyFile: file("api-key-pkcs8.pem") },
    PKCS1: { ...api, keyFile: file("api-key-pkcs1.pem") },
    ENCRYPTED: { ...api, keyFile: file("api-key-encrypted.pem"), passPhrase },
    SESSION: {
      authType: "security_token",
      fingerprint: fingerprintOf(session.publicKey),
      keyFile: file("session-key.pem"),
      securityTokenFile: file("session-token"),
    },
  };
  const pem = (key: KeyObject, type: "pkcs1" | "pkcs8"): string =>
    key.export({ type, format: "pem" }).toString();
  const configFile = file("config");
  await mkdir(root, { recursive: true, mode: 0o700 });
  await Promise.all([
    writeSecret(profiles.DEFAULT.keyFile, pem(user.privateKey, "pkcs8")),
    writeSecret(profiles.PKCS1.keyFile, pem(user.privateKey, "pkcs1")),
    writeSecret(
      profiles.ENCRYPTED.keyFile,
      user.privateKey
        .export({ type: "pkcs8", format: "pem", cipher: "aes-256-cbc", passphrase: passPhrase })
        .toString(),
    ),
    writeSecret(profiles.SESSION.keyFile, pem(session.privateKey, "pkcs8")),
    writeSecret(file("session-token"), token),
    writeSecret(configFile, configText({ tenancyId, userId, region, profiles })),
  ]);
  const apiKey = newApiKey(base, now);
  const publicKey = user.publicKey.export({ type: "spki", format: "pem" }).toString();
  const profile = options.profile ?? "DEFAULT";
  const compartmentId = firstCompartment(base);
  const projectId = projectOf(base);
  return {
    configFile,
    profiles,
    tenancyId,
    userId,
    compartmentId,
    projectId,
    region,
    apiKey,
    env: {
      OCI_CONFIG_FILE: configFile,
      OCI_PROFILE: profile,
      OCI_AUTH_TYPE: profiles[profile].authType,
      OCI_REGION: region,
      OCI_COMPARTMENT: compartmentId,
      OCI_PROJECT: projectId,
      ...(options.endpoint === undefined ? {} : { OCI_ENDPOINT: options.endpoint }),
      ...(options.controlEndpoint === undefined ? {} : { OCI_CONTROL_ENDPOINT: options.controlEndpoint }),
    },
    trust: { ...base, keys: [...base.keys, { keyId, publicKey }], apiKeys: [...base.apiKeys, apiKey] },
  };
}

function configText(of: Pick<TestConfig, "tenancyId" | "userId" | "region" | "profiles">): string {
  const { tenancyId, userId, region, profiles } = of;
  const section = (name: TestProfileName): string => {
    const { fingerprint, keyFile, passPhrase, securityTokenFile } = profiles[name];
    const lines = [
      `[${name}]`,
      ...(securityTokenFile === undefined ? [`user=${userId}`] : []),
      `fingerprint=${fingerprint}`,
      `tenancy=${tenancyId}`,
      `region=${region}`,
      `key_file=${keyFile}`,
      ...(passPhrase === undefined ? [] : [`pass_phrase=${passPhrase}`]),
      ...(securityTokenFile === undefined ? [] : [`security_token_file=${securityTokenFile}`]),
    ];
    return `${lines.join("\n")}\n`;
  };
  const names: readonly TestProfileName[] = ["DEFAULT", "PKCS1", "ENCRYPTED", "SESSION"];
  return names.map(section).join("\n");
}

async function writeSecret(file: string, text: string): Promise<void> {
  await writeFile(file, text, { mode: 0o600 });
  // The mode above only counts for new files.
  await chmod(file, 0o600);
}
