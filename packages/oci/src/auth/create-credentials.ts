/** From a configuration to credentials. A new way to authenticate is a new row here. */
import { ConfigurationError } from "@locus-sdk/core";
import type { OciAuthType } from "../config/options.ts";
import { findRegion } from "../config/regions.ts";
import type { OciConfig } from "../config/resolve.ts";
import type { ServiceClock } from "../http/clock.ts";
import { Secret } from "../secret.ts";
import { bearerCredentials } from "./bearer-keys.ts";
import type { Credentials } from "./credentials.ts";
import { delegatedCredentials } from "./delegation-token.ts";
import { requestToken } from "./identity-service.ts";
import { instanceCredentials } from "./instance-principal.ts";
import { apiKeyCredentials, type RefreshToken, sessionTokenCredentials } from "./profile-credentials.ts";
import { resourceCredentials } from "./resource-principal.ts";
import { workloadCredentials } from "./workload-identity.ts";

type Create = (config: OciConfig, clock: ServiceClock) => Credentials | undefined;

const instance: Create = ({ principal }, clock) =>
  principal &&
  shared(`instance ${principal.metadataUrl} ${principal.federationUrl}`, () =>
    instanceCredentials(principal, clock),
  );

const CREATE: Readonly<Record<OciAuthType, Create>> = {
  api_key: ({ profile }) => profile && apiKeyCredentials(profile),
  session_token: (config, clock) =>
    config.profile && sessionTokenCredentials(config.profile, clock, refresher(config, clock)),
  genai_api_key: ({ apiKeys }) => (apiKeys.length === 0 ? undefined : bearerCredentials(apiKeys)),
  instance_principal: instance,
  resource_principal: ({ principal }, clock) =>
    principal?.resource && resourceCredentials(principal.resource, clock),
  oke_workload_identity: ({ principal }) => {
    const workload = principal?.workload;
    return (
      workload &&
      shared(`workload ${Object.values(workload).join(" ")} ${principal.metadataUrl}`, () =>
        workloadCredentials(principal, workload),
      )
    );
  },
  delegation_token: (config, clock) => {
    const base = instance(config, clock);
    return (
      base && config.principal && delegatedCredentials(base, config.principal.delegationTokenFile, clock)
    );
  },
};

/** Identities of the machine itself, by where they come from: any number of models federate once. */
const SHARED = new Map<string, Credentials>();

function shared(key: string, create: () => Credentials): Credentials {
  const known = SHARED.get(key) ?? create();
  SHARED.set(key, known);
  return known;
}

/** How a session's token is refreshed, where it is to be, and where the identity service is known. */
function refresher(config: OciConfig, clock: ServiceClock): RefreshToken | undefined {
  const { profile, refreshSession, federationUrl } = config;
  if (!refreshSession || profile === undefined) return undefined;
  const identityUrl = (): string => {
    if (federationUrl !== undefined) return federationUrl;
    const { id, domain } = findRegion(profile.region ?? config.region ?? "", [profile.tenancy]);
    return `https://auth.${id}.${domain}`;
  };
  return async (token, privateKey) =>
    requestToken({
      url: `${identityUrl()}/v1/authentication/refresh`,
      body: { currentToken: token },
      identity: { kind: "signature", keyId: new Secret(`ST$${token}`), privateKey },
      dateHeader: "x-date",
      clock,
      what: `the session of profile "${profile.name}" was not refreshed`,
      hint: `Create a new one: oci session authenticate --profile-name ${profile.name}`,
    });
}

/** The credentials that `config` calls for. Nothing is read before the first request wants it. */
export function createCredentials(config: OciConfig, clock: ServiceClock): Credentials {
  const credentials = CREATE[config.authType](config, clock);
  if (credentials === undefined) {
    throw new ConfigurationError(`auth type "${config.authType}" cannot be used with this configuration`);
  }
  return credentials;
}
