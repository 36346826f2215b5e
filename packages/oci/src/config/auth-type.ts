/** Which auth type is meant, and whether the profile holds what that type needs. */
import { existsSync } from "node:fs";
import { ConfigurationError } from "@locus-sdk/core";
import { Secret } from "../secret.ts";
import { parseAuthType } from "./auth-names.ts";
import { type Environment, fromEnvironment, type Setting, setting } from "./environment.ts";
import type { CheckedOptions, OciAuthType } from "./options.ts";
import { type Profile, readProfile } from "./profile-file.ts";

/** Auth types whose identity comes from where the program runs: no profile is needed, and no tenancy is known. */
const PRINCIPALS: ReadonlySet<OciAuthType> = new Set([
  "instance_principal",
  "resource_principal",
  "oke_workload_identity",
  "delegation_token",
]);

/** Whether an auth type takes its identity from where the program runs. */
export function isPrincipal(authType: OciAuthType): boolean {
  return PRINCIPALS.has(authType);
}

/** What is known about how to authenticate. */
export interface ChosenAuth {
  readonly authType: OciAuthType;
  readonly profile: Profile | undefined;
  /** One, or the two of one key resource; none where the auth type is another. */
  readonly apiKeys: readonly Secret[];
  readonly sources: Readonly<Record<string, string>>;
}

/** The auth type that options, environment and profile call for, in this order. */
export function chooseAuthType(options: CheckedOptions, env: Environment, file: Setting): ChosenAuth {
  const profileSetting = setting("profile", options.profile, env);
  const name = profileSetting?.value ?? "DEFAULT";
  const keySettings = apiKeySettings(options, env);
  const [keySetting] = keySettings;
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
    for (const key of keySettings) assertPrintable(key);
    // Only its region is of use; a machine that has a key needs no profile, unless one was asked for here.
    const profile = readProfileIf(options.profile !== undefined, file.value, name);
    return {
      authType,
      profile,
      apiKeys: keySettings.map(({ value }) => new Secret(value)),
      sources: { ...sources, authType: explicit?.from ?? "" },
    };
  }
  if (authType !== undefined && isPrincipal(authType)) {
    // A profile that happens to be there says nothing about this machine; one that is asked for may give a region.
    const profile = profileSetting === undefined ? undefined : readProfileIf(false, file.value, name);
    return { authType, profile, apiKeys: [], sources: { ...sources, authType: explicit?.from ?? "" } };
  }
  if (profileSetting === undefined && authType === undefined && !existsSync(file.value)) {
    throw new ConfigurationError(`nothing tells how to reach OCI: there is no ${file.value} (${file.from})`, {
      code: "oci_not_configured",
      hint: "Run `oci setup config` for a profile, or set OCI_GENAI_API_KEY, or OCI_CONFIG_FILE and OCI_PROFILE; inside of OCI set OCI_AUTH_TYPE=instance_principal, resource_principal or oke_workload_identity.",
    });
  }
  const profile = readProfile(file.value, name);
  const from = `profile "${name}" of ${file.value}`;
  const chosen = authType ?? profileAuthType(profile, from);
  assertProfileFits(profile, chosen, explicit?.from);
  return {
    authType: chosen,
    profile,
    apiKeys: [],
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
  if (givenKeys(options).length > 0) return { value: "genai_api_key", from: "the `apiKey` option" };
  const fromEnv = fromEnvironment("authType", env);
  if (fromEnv !== undefined) return fromEnv;
  const profileIsOption = options.profile !== undefined || options.configFile !== undefined;
  return key === undefined || profileIsOption ? undefined : { value: "genai_api_key", from: key.from };
}

/** The keys given as option. */
function givenKeys({ apiKey }: CheckedOptions): readonly string[] {
  const given = typeof apiKey === "string" ? [apiKey] : (apiKey ?? []);
  return given.map((key) => key.trim()).filter((key) => key !== "");
}

/** The keys of the option, else those of the environment. */
function apiKeySettings(options: CheckedOptions, env: Environment): readonly Setting[] {
  const given = givenKeys(options);
  if (given.length > 0) return given.map((value) => ({ value, from: "the `apiKey` option" }));
  const found = [fromEnvironment("apiKey", env), fromEnvironment("secondApiKey", env)];
  return found.filter((key) => key !== undefined);
}

function profileAuthType(profile: Profile, from: string): OciAuthType {
  if (profile.authenticationType !== undefined) {
    const named = parseAuthType({ value: profile.authenticationType, from });
    // How Cloud Shell writes its profiles: an instance that acts for its user.
    return named === "instance_principal" && profile.delegationTokenFile !== undefined
      ? "delegation_token"
      : named;
  }
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
  if (/[,;]/.test(value)) {
    throw new ConfigurationError(`the API key from ${from} holds a "," or ";"`, {
      hint: "Give two keys as OCI_GENAI_API_KEY and OCI_GENAI_API_KEY_2, or as apiKey: [first, second].",
    });
  }
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
