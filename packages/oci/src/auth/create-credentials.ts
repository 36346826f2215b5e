/** From a configuration to credentials. A new way to authenticate is a new row here. */
import { ConfigurationError } from "@locus-sdk/core";
import type { OciAuthType } from "../config/options.ts";
import type { OciConfig } from "../config/resolve.ts";
import { type Credentials, cachedCredentials } from "./credentials.ts";
import { apiKeyCredentials, sessionTokenCredentials } from "./profile-credentials.ts";

type Create = (config: OciConfig) => Credentials | undefined;

const bearer: Create = ({ apiKey }) =>
  apiKey && cachedCredentials("genai_api_key", async () => ({ identity: { kind: "bearer", token: apiKey } }));

const CREATE: Readonly<Partial<Record<OciAuthType, Create>>> = {
  api_key: ({ profile }) => profile && apiKeyCredentials(profile),
  session_token: ({ profile }) => profile && sessionTokenCredentials(profile),
  genai_api_key: bearer,
};

/** The credentials that `config` calls for. Nothing is read before the first request wants it. */
export function createCredentials(config: OciConfig): Credentials {
  const credentials = CREATE[config.authType]?.(config);
  if (credentials === undefined) {
    throw new ConfigurationError(`auth type "${config.authType}" cannot be used with this configuration`);
  }
  return credentials;
}
