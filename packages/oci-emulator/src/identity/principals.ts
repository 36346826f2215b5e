// What clients are given to become a principal: environment, files and URLs, ready to use.
import type { KeyObject } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { firstCompartment, newOcid, projectOf } from "../auth/trust.ts";
import type { TestConfig, TestConfigOptions } from "../config/write-test-config.ts";
import { type Listener, loopback } from "../http/server.ts";
import type { EmulatorState } from "../state.ts";
import {
  hourMs,
  type IdentityAnswer,
  type IdentityEndpoint,
  type IdentityService,
  newKeyPair,
} from "./service.ts";

/** Environment for a client. */
export type Environment = Readonly<Record<string, string>>;

export interface PrincipalOptions {
  /** Life of the tokens in milliseconds on the emulator's clock; default one hour. */
  readonly tokenLifeMs?: number;
}

/** An instance in OCI. */
export interface InstancePrincipal {
  /** Sets the auth type, region, compartment, project, endpoint and `OCI_METADATA_BASE_URL`. */
  readonly env: Environment;
  /** Ends with `/opc/v2/`. */
  readonly metadataBaseUrl: string;
  /** Origin of `/v1/x509`. */
  readonly federationEndpoint: string;
  readonly instanceId: string;
  /** Gives the instance a new certificate; the old one holds until it expires. */
  rotateCertificate(): void;
}

/** A resource that was given its token by the service it runs in: version 2.2. */
export interface ResourcePrincipal {
  /** Sets `OCI_RESOURCE_PRINCIPAL_*` beside auth type, region, compartment, project and endpoint. */
  readonly env: Environment;
  readonly resourceId: string;
  /** On a principal with a directory: replaces token and key in their files, as the service does before they expire. */
  renew(): Promise<void>;
}

/** A pod in an enhanced OKE cluster. */
export interface WorkloadPrincipal {
  /** Sets `KUBERNETES_SERVICE_HOST` and its port beside auth type, region, compartment, project and endpoint. */
  readonly env: Environment;
  readonly host: string;
  readonly port: number;
  /** The authority that the cluster's certificate is signed by. */
  readonly caPath: string;
  /** The service account's token; the cluster replaces it from time to time. */
  readonly serviceAccountTokenPath: string;
  /** Replaces the service account's token; the one before is no longer accepted. */
  rotateServiceAccountToken(): Promise<void>;
}

/** A person who has signed in with a browser. */
export interface SessionPrincipal {
  readonly env: Environment;
  readonly configFile: string;
  readonly profile: string;
  readonly securityTokenFile: string;
  readonly keyFile: string;
  /** Origin of `/v1/authentication/refresh`. */
  readonly refreshEndpoint: string;
}

/** Principals that this emulator accepts, made on demand: the first one of a kind takes a moment. */
export interface Principals {
  /** Starts the metadata and identity services, and gives what an instance needs. */
  instance(
    options?: PrincipalOptions & {
      /** Life of the instance's certificate; default 24 hours. */
      readonly certificateLifeMs?: number;
    },
  ): Promise<InstancePrincipal>;
  /** With a directory, token and key are files in it; without one they are in the environment itself. */
  resource(
    options?: PrincipalOptions & { readonly directory?: string; readonly passPhrase?: string },
  ): Promise<ResourcePrincipal>;
  /** Starts the cluster's token service over TLS; its authority and the service account's token go to the directory. */
  oke(directory: string, options?: PrincipalOptions): Promise<WorkloadPrincipal>;
  /** Writes a config directory whose SESSION profile can be refreshed. */
  session(directory: string, options?: TestConfigOptions): Promise<SessionPrincipal>;
  /** Scripts the next answers of an endpoint: errors and delays, one for each request. */
  script(endpoint: IdentityEndpoint, ...answers: readonly IdentityAnswer[]): void;
  /** How often each endpoint has given something out since the start or the last reset. */
  readonly counts: Readonly<Record<IdentityEndpoint, number>>;
}

interface Surroundings {
  readonly state: EmulatorState;
  readonly endpoint: string;
  readonly controlEndpoint: string;
  /** Opens the listeners, once each. */
  identityListener(): Promise<Listener>;
  workloadListener(): Promise<Listener>;
  writeConfig(directory: string, options: TestConfigOptions): Promise<TestConfig>;
}

export function createPrincipals(around: Surroundings): Principals {
  const { state } = around;
  const { identity } = state;
  const common = (authType: string): Environment => {
    const trust = state.trust.current;
    return {
      OCI_AUTH_TYPE: authType,
      OCI_REGION: trust.region,
      OCI_COMPARTMENT: firstCompartment(trust),
      OCI_PROJECT: projectOf(trust),
      OCI_ENDPOINT: around.endpoint,
      OCI_CONTROL_ENDPOINT: around.controlEndpoint,
    };
  };
  return {
    instance: async ({ tokenLifeMs = hourMs, certificateLifeMs = 24 * hourMs } = {}) => {
      const trust = state.trust.current;
      const id = identity.instance?.id ?? newOcid("instance", trust.region);
      identity.instance = { id, compartmentId: firstCompartment(trust), tokenLifeMs, certificateLifeMs };
      identity.rotateLeaf();
      const { url } = await around.identityListener();
      const metadataBaseUrl = `${url}/opc/v2/`;
      return {
        env: { ...common("instance_principal"), OCI_METADATA_BASE_URL: metadataBaseUrl },
        metadataBaseUrl,
        federationEndpoint: url,
        instanceId: id,
        rotateCertificate: () => identity.rotateLeaf(),
      };
    },
    resource: (options = {}) => makeResource(state, common("resource_principal"), options),
    oke: async (directory, { tokenLifeMs = hourMs } = {}) => {
      const { url } = await around.workloadListener();
      return makeWorkload(identity, common("oke_workload_identity"), { url, directory, tokenLifeMs });
    },
    session: async (directory, options = {}) => {
      const [{ url }, config] = await Promise.all([
        around.identityListener(),
        around.writeConfig(directory, { ...options, profile: "SESSION" }),
      ]);
      const { keyFile, securityTokenFile = "" } = config.profiles.SESSION;
      return {
        env: config.env,
        configFile: config.configFile,
        profile: "SESSION",
        securityTokenFile,
        keyFile,
        refreshEndpoint: url,
      };
    },
    script: (endpoint, ...answers) => identity.script(endpoint, answers),
    get counts() {
      return identity.counts;
    },
  };
}

async function makeResource(
  state: EmulatorState,
  env: Environment,
  options: PrincipalOptions & { readonly directory?: string; readonly passPhrase?: string },
): Promise<ResourcePrincipal> {
  const { directory, passPhrase, tokenLifeMs = hourMs } = options;
  const trust = state.trust.current;
  const resourceId = newOcid("fnfunc", trust.region);
  const extra = {
    res_id: resourceId,
    res_type: "fnfunc",
    res_tenant: trust.tenancyId,
    res_compartment: firstCompartment(trust),
  };
  const make = async (): Promise<{ readonly token: string; readonly pem: string }> => {
    const { publicKey, privateKey } = await newKeyPair("rsa", { modulusLength: 2048 });
    const claims = { kind: "resource", subject: resourceId, publicKey, extra } as const;
    return { token: await state.identity.issue(claims, tokenLifeMs), pem: pemOf(privateKey, passPhrase) };
  };
  const shared = {
    ...env,
    OCI_RESOURCE_PRINCIPAL_VERSION: "2.2",
    OCI_RESOURCE_PRINCIPAL_REGION: trust.region,
    ...(passPhrase === undefined ? {} : { OCI_RESOURCE_PRINCIPAL_PRIVATE_PEM_PASSPHRASE: passPhrase }),
  };
  if (directory === undefined) {
    const { token, pem } = await make();
    return {
      env: { ...shared, OCI_RESOURCE_PRINCIPAL_RPST: token, OCI_RESOURCE_PRINCIPAL_PRIVATE_PEM: pem },
      resourceId,
      // What is in a process's environment, nobody can replace from outside.
      renew: () => Promise.resolve(),
    };
  }
  const root = path.resolve(directory);
  await mkdir(root, { recursive: true, mode: 0o700 });
  const [tokenFile, keyFile] = [path.join(root, "rpst"), path.join(root, "private.pem")];
  const renew = async (): Promise<void> => {
    const { token, pem } = await make();
    await Promise.all([writeSecret(tokenFile, token), writeSecret(keyFile, pem)]);
  };
  await renew();
  return {
    env: { ...shared, OCI_RESOURCE_PRINCIPAL_RPST: tokenFile, OCI_RESOURCE_PRINCIPAL_PRIVATE_PEM: keyFile },
    resourceId,
    renew,
  };
}

function pemOf(key: KeyObject, passphrase: string | undefined): string {
  const plain = { type: "pkcs8", format: "pem" } as const;
  const pem =
    passphrase === undefined
      ? key.export(plain)
      : key.export({ ...plain, cipher: "aes-256-cbc", passphrase });
  return pem.toString();
}

async function makeWorkload(
  identity: IdentityService,
  env: Environment,
  at: { readonly url: string; readonly directory: string; readonly tokenLifeMs: number },
): Promise<WorkloadPrincipal> {
  const root = path.resolve(at.directory);
  await mkdir(root, { recursive: true, mode: 0o700 });
  const [caPath, serviceAccountTokenPath] = [path.join(root, "ca.crt"), path.join(root, "token")];
  await writeFile(caPath, (await identity.authority()).pem);
  let current: string | undefined;
  const rotateServiceAccountToken = async (): Promise<void> => {
    const token = newOcid("serviceaccounttoken").replaceAll(".", "-");
    identity.serviceAccounts.set(token, { subject: "default/agent", tokenLifeMs: at.tokenLifeMs });
    if (current !== undefined) identity.serviceAccounts.delete(current);
    current = token;
    await writeSecret(serviceAccountTokenPath, token);
  };
  await rotateServiceAccountToken();
  const port = Number(new URL(at.url).port);
  return {
    env: {
      ...env,
      KUBERNETES_SERVICE_HOST: loopback,
      KUBERNETES_SERVICE_PORT_PROXYMUX: String(port),
      OCI_KUBERNETES_SERVICE_ACCOUNT_CERT_PATH: caPath,
    },
    host: loopback,
    port,
    caPath,
    serviceAccountTokenPath,
    rotateServiceAccountToken,
  };
}

const writeSecret = (file: string, text: string): Promise<void> => writeFile(file, text, { mode: 0o600 });
