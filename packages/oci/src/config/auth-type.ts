/** Which auth type is meant, and whether the profile holds what that type needs. */
import { existsSync } from "node:fs";
import { ConfigurationError, didYouMean } from "@locus-sdk/core";
import { Secret } from "../secret.ts";
import { type Environment, fromEnvironment, type Setting, setting } from "./environment.ts";
import type { CheckedOptions, OciAuthType } from "./options.ts";
import { type Profile, readProfile } from "./profile-file.ts";

/** Every auth type, whether this version can use it, and what it is called elsewhere. */
const AUTH_TYPES: Readonly<
  Record<OciAuthType, { readonly supported: boolean; readonly aliases: readonly string[] }>
> = {
  api_key: { supported: true, aliases: ["user_principal"] },
  session_token: { supported: true, aliases: ["security_token"] },
  genai_api_key: { supported: true, aliases: [] },
  instance_principal: { supported: false, aliases: [] },
  resource_principal: { supported: false, aliases: [] },
  oke_workload_identity: { supported: false, aliases: ["workload_identity"] },
  delegation_token: { supported: false, aliases: [] },
};

const NAMES: readonly OciAuthType[] = [
  "api_key",
  "session_token",
  "genai_api_key",
  "instance_principal",
  "resource_principal",
  "oke_workload_identity",
  "delegation_token",
];

/** The auth types this version can use. */
const SUPPORTED_AUTH_TYPES: readonly OciAuthType[] = NAMES.filter((name) => AUTH_TYPES[name].supported);

function authTypeNamed(name: string): OciAuthType | undefined {
  const wanted = name.trim().toLowerCase().replaceAll("-", "_");
  return NAMES.find((authType) => authType === wanted || AUTH_TYPES[authType].aliases.includes(wanted));
}

function parseAuthType({ value, from }: Setting): OciAuthType {
  const authType = authTypeNamed(value);
  if (authType === undefined) {
    throw new ConfigurationError(`"${value}" from ${from} is no auth type${didYouMean(value, NAMES)}`, {
      hint: `Auth types: ${NAMES.join(", ")}.`,
    });
  }
  if (!AUTH_TYPES[authType].supported) {
    throw new ConfigurationError(
      `auth type "${authType}" (from ${from}) is not supported yet by this version`,
      {
        code: "auth_type_unsupported",
        hint: `Supported: ${SUPPORTED_AUTH_TYPES.join(", ")}.`,
      },
    );
  }
  return authType;
}

/** What is known about how to authenticate. */
export interface ChosenAuth {
  readonly authType: OciAuthType;
  readonly profile: Profile | undefined;
  readonly apiKey: Secret | undefined;
  readonly sources: Readonly<Record<string, string>>;
}

/** The auth type that options, environment and profile call for, in this order. */
export function chooseAuthType(options: CheckedOptions, env: Environment, file: Setting): ChosenAuth {
  const profileSetting = setting("profile", options.profile, env);
  const name = profileSetting?.value ?? "DEFAULT";
  const keySetting = setting("apiKey", options.apiKey, env);
  const explicit = explicitAuthType(options, env, keySetting);
  const sources = {
    ...(profileSetting !== undefined && { profile: profileSetting.from }),
    ...(keySetting !== undefined && { apiKey: keySetting.from }),
  };
  const authType = explicit === undefined ? undefined : parseAuthType(explicit);
  if (authType === "genai_api_key") {
    if (keySetting === undefined) {
      throw new ConfigurationError("auth type genai_api_key needs an OCI Generative AI API key", {
        hint: "Give the `apiKey` option or OCI_GENAI_API_KEY.",
      });
    }
    assertPrintable(keySetting);
    // Only its region is of use; a machine that has a key needs no profile, unless one was asked for here.
    const profile = readProfileIf(options.profile !== undefined, file.value, name);
    return {
      authType,
      profile,
      apiKey: new Secret(keySetting.value),
      sources: { ...sources, authType: explicit?.from ?? "" },
    };
  }
  if (profileSetting === undefined && authType === undefined && !existsSync(file.value)) {
    throw new ConfigurationError(`nothing tells how to reach OCI: there is no ${file.value} (${file.from})`, {
      code: "oci_not_configured",
      hint: "Run `oci setup config` for a profile, or set OCI_GENAI_API_KEY, or OCI_CONFIG_FILE and OCI_PROFILE.",
    });
  }
  const profile = readProfile(file.value, name);
  const from = `profile "${name}" of ${file.value}`;
  const chosen = authType ?? profileAuthType(profile, from);
  assertProfileFits(profile, chosen, explicit?.from);
  return {
    authType: chosen,
    profile,
    apiKey: undefined,
    sources: { ...sources, authType: explicit?.from ?? from },
  };
}

/** An auth type somebody asked for; giving an API key asks for its own, unless a profile was asked for at least as loudly. */
function explicitAuthType(
  options: CheckedOptions,
  env: Environment,
  key: Setting | undefined,
): Setting | undefined {
  if (options.authType !== undefined && options.authType.trim() !== "") {
    return { value: options.authType, from: "the `authType` option" };
  }
  const keyIsOption = (options.apiKey?.trim() ?? "") !== "";
  if (keyIsOption) return { value: "genai_api_key", from: "the `apiKey` option" };
  const fromEnv = fromEnvironment("authType", env);
  if (fromEnv !== undefined) return fromEnv;
  const profileIsOption = options.profile !== undefined || options.configFile !== undefined;
  return key === undefined || profileIsOption ? undefined : { value: "genai_api_key", from: key.from };
}

function profileAuthType(profile: Profile, from: string): OciAuthType {
  if (profile.authenticationType !== undefined)
    return parseAuthType({ value: profile.authenticationType, from });
  return profile.securityTokenFile !== undefined && profile.user === undefined ? "session_token" : "api_key";
}

function readProfileIf(required: boolean, file: string, name: string): Profile | undefined {
  try {
    return readProfile(file, name);
  } catch (error) {
    if (required) throw error;
    return undefined;
  }
}

/** A bearer key goes into a header as it is, and the error of a bad header would show it. */
function assertPrintable({ value, from }: Setting): void {
  if (!/^[\x21-\x7e]+$/.test(value)) {
    throw new ConfigurationError(
      `the API key from ${from} holds spaces, line ends or characters beyond ASCII`,
      {
        hint: 'Copy it again; it looks like "sk-" and letters and digits.',
      },
    );
  }
}

/**
 * Refuses a profile that lacks what `authType` needs, before half an identity is sent to a server.
 *
 * @throws ConfigurationError naming the missing keys, and the auth type the profile is made for.
 */
export function assertProfileFits(profile: Profile, authType: OciAuthType, from?: string): void {
  const where = `profile "${profile.name}" of ${profile.file}`;
  const asked = from === undefined ? "" : ` (from ${from})`;
  const hasKey = profile.keyFile !== undefined || profile.keyContent !== undefined;
  const required: Readonly<Partial<Record<OciAuthType, Readonly<Record<string, unknown>>>>> = {
    api_key: { user: profile.user, tenancy: profile.tenancy, key_file: hasKey || undefined },
    session_token: { security_token_file: profile.securityTokenFile, key_file: hasKey || undefined },
  };
  const missing = Object.entries(required[authType] ?? {})
    .filter(([, value]) => value === undefined)
    .map(([key]) => key);
  if (missing.length > 0)
    throw new ConfigurationError(`${where} lacks ${missing.join(", ")} for auth type ${authType}${asked}`, {
      hint:
        otherKind(profile, authType) ??
        "Run `oci setup config` again, or choose another profile with OCI_PROFILE.",
    });
  for (const key of ["user", "tenancy"] as const) {
    const value = profile[key];
    if (value !== undefined && !/^[\x21\x23-\x7e]+$/.test(value)) {
      throw new ConfigurationError(`${where}: ${key} holds characters that no OCID has`);
    }
  }
}

function otherKind(profile: Profile, authType: OciAuthType): string | undefined {
  if (authType === "api_key" && profile.securityTokenFile !== undefined) {
    return "It is a session profile (it has security_token_file): use auth type session_token, or leave the auth type out.";
  }
  if (authType === "session_token" && profile.user !== undefined) {
    return "It is an API-key profile (it has user): use auth type api_key, or create a session with `oci session authenticate`.";
  }
  return undefined;
}
