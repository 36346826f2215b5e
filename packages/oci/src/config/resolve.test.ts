/** Which value wins, where it came from, and what is refused before a byte is sent. */
import { inspect } from "node:util";
import { ConfigurationError, type LocusError } from "@locus-sdk/core";
import { describe, expect, test, vi } from "vitest";
import { configDirectory, TENANCY, USER } from "../../test/profiles.ts";
import { type OciConfig, resolveOciConfig } from "./resolve.ts";

const COMPARTMENT = "ocid1.compartment.oc1..aaaacomp";
const API = `user=${USER}\ntenancy=${TENANCY}\nkey_file=k.pem\nregion=us-chicago-1\n`;
const SESSION = `tenancy=${TENANCY}\nkey_file=k.pem\nsecurity_token_file=t\nregion=fra\n`;
const { configFile } = configDirectory(
  `[DEFAULT]\n${API}[OTHER]\nregion=iad\n[S]\n${SESSION}[IP]\nauthentication_type=instance_principal\n[CLOUDSHELL]\nauthentication_type=instance_principal\ndelegation_token_file=/etc/oci/token\n[BORROWER]\nkey_file=k.pem\nsecurity_token_file=t\n[HALF]\nuser=${USER}\nkey_file=x\n`,
);

const resolve = (
  options: Parameters<typeof resolveOciConfig>[0] = {},
  env: Record<string, string> = {},
): OciConfig => resolveOciConfig({ configFile, ...options, env });

function refusal(options: object, env: Record<string, string> = {}): LocusError {
  try {
    resolveOciConfig({ configFile, ...options, env });
  } catch (error) {
    if (error instanceof ConfigurationError) return error;
    throw error;
  }
  throw new Error("expected a ConfigurationError");
}

describe("precedence", () => {
  test("with nothing but a profile, the profile decides", () => {
    const config = resolve();
    expect(config).toMatchObject({
      authType: "api_key",
      region: "us-chicago-1",
      baseURL: "https://inference.generativeai.us-chicago-1.oci.oraclecloud.com/openai/v1",
      compartmentId: TENANCY,
      timeoutMs: 600_000,
      maxRetries: 2,
    });
    expect(config.sources.compartmentId).toBe(`the tenancy of profile "DEFAULT" of ${configFile}`);
    expect(Object.isFrozen(config)).toBe(true);
  });

  test("environment beats the profile, LOCUS_OCI_ beats OCI_, options beat both, empty counts as unset", () => {
    const env = { OCI_REGION: "phx", OCI_COMPARTMENT_ID: COMPARTMENT, LOCUS_OCI_REGION: " " };
    expect(resolve({}, env)).toMatchObject({ region: "us-phoenix-1", compartmentId: COMPARTMENT });
    expect(resolve({}, env).sources.compartmentId).toBe("environment variable OCI_COMPARTMENT_ID");
    expect(resolve({}, { ...env, LOCUS_OCI_REGION: "lhr" }).region).toBe("uk-london-1");
    expect(resolve({ region: "hyd" }, { ...env, LOCUS_OCI_REGION: "lhr" }).region).toBe("ap-hyderabad-1");
    expect(resolve({ region: "" }, env).region).toBe("us-phoenix-1");
  });

  test("profile and configuration file come from the environment too", () => {
    const config = resolveOciConfig({ env: { OCI_CONFIG_FILE: configFile, LOCUS_OCI_PROFILE: "OTHER" } });
    expect(config.profile).toMatchObject({ name: "OTHER", file: configFile, region: "iad", user: USER });
  });

  test("nothing need be given: the environment is the process's", () => {
    vi.stubEnv("OCI_CONFIG_FILE", configFile);
    vi.stubEnv("OCI_REGION", "fra");
    expect(resolveOciConfig()).toMatchObject({ region: "eu-frankfurt-1", authType: "api_key" });
    vi.unstubAllEnvs();
  });

  test("baseURL beats endpoint, endpoint beats the region", () => {
    const endpoint = "https://inference.generativeai.us-ashburn-1.oci.oraclecloud.com/";
    expect(resolve({ endpoint }).baseURL).toBe(`${endpoint}openai/v1`);
    expect(resolve({ endpoint: `${endpoint}openai/v1/` }).baseURL).toBe(`${endpoint}openai/v1`);
    expect(resolve({}, { OCI_ENDPOINT: endpoint }).baseURL).toBe(`${endpoint}openai/v1`);
    const baseURL = `${endpoint}20231130/actions/v1`;
    expect(resolve({ baseURL, endpoint: "http://127.0.0.1:1" }).baseURL).toBe(baseURL);
    expect(resolve({ baseURL }).endpoint).toBe(endpoint.slice(0, -1));
  });

  test("no OPENAI_ variable has any say", () => {
    const config = resolve({}, { OPENAI_BASE_URL: "https://evil.example", OPENAI_API_KEY: "sk-openai" });
    expect(config).toMatchObject({ authType: "api_key", apiKeys: [] });
    expect(config.baseURL).not.toContain("evil");
  });
});

describe("auth type", () => {
  test("a profile with a token and no user is a session profile", () => {
    expect(resolve({ profile: "S" })).toMatchObject({ authType: "session_token", region: "eu-frankfurt-1" });
  });

  test("security_token is another name of session_token, whatever its case and dashes", () => {
    expect(resolve({ profile: "S", authType: "security_token" }).authType).toBe("session_token");
    expect(resolve({ profile: "S" }, { OCI_AUTH_TYPE: "Session-Token" }).authType).toBe("session_token");
  });

  test("an API key asks for its own type, unless a type or a profile is asked for", () => {
    const env = { OCI_GENAI_API_KEY: "sk-1" };
    expect(resolveOciConfig({ env: { ...env, OCI_CONFIG_FILE: configFile } }).authType).toBe("genai_api_key");
    expect(resolve({ apiKey: "sk-2" }, { OCI_AUTH_TYPE: "api_key" }).authType).toBe("genai_api_key");
    expect(resolve({}, { ...env, OCI_AUTH_TYPE: "api_key" }).authType).toBe("api_key");
    expect(resolve({ profile: "S" }, env).authType).toBe("session_token");
    expect(resolve({ authType: "api_key", apiKey: "sk-2" }).authType).toBe("api_key");
  });

  test("an API key needs no configuration file, but a region, and assumes no compartment", () => {
    const env = { OCI_GENAI_API_KEY: "sk-1", OCI_CONFIG_FILE: "/nowhere" };
    expect(() => resolveOciConfig({ env })).toThrow(/no OCI region/);
    expect(resolveOciConfig({ region: "ord", env })).toMatchObject({
      compartmentId: undefined,
      profile: undefined,
    });
    expect(resolveOciConfig({ region: "ord", env: { ...env, OCI_PROFILE: "none" } }).profile).toBeUndefined();
    expect(refusal({ apiKey: "sk-1", profile: "none" }).message).toContain('no profile "none"');
    expect(resolve({ apiKey: "sk-1" })).toMatchObject({ region: "us-chicago-1", compartmentId: undefined });
  });

  test("two keys are taken, from the option or from two variables, and none that looks like two", () => {
    const reveal = (config: OciConfig): string[] => config.apiKeys.map((key) => key.reveal());
    expect(reveal(resolve({ apiKey: ["sk-1", "sk-2"] }))).toEqual(["sk-1", "sk-2"]);
    const env = { OCI_GENAI_API_KEY: "sk-1", OCI_GENAI_API_KEY_2: "sk-2", OCI_REGION: "ord" };
    expect(reveal(resolveOciConfig({ env }))).toEqual(["sk-1", "sk-2"]);
    expect(reveal(resolve({ apiKey: "sk-3" }, env))).toEqual(["sk-3"]);
    const error = refusal({}, { OCI_AUTH_TYPE: "genai_api_key", OCI_GENAI_API_KEY: "sk-1,sk-2" });
    expect(error.hint).toContain("OCI_GENAI_API_KEY_2");
    expect(inspect(error)).not.toContain("sk-1");
  });

  test("an unknown type is refused with the nearest name and its source", () => {
    expect(refusal({}, { OCI_AUTH_TYPE: "sesion_token" }).message).toBe(
      '"sesion_token" from environment variable OCI_AUTH_TYPE is no auth type; did you mean "session_token"?',
    );
  });

  test.each([
    ["instance_principals", "instance_principal"],
    ["InstancePrincipal", "instance_principal"],
    ["Instance-Principals", "instance_principal"],
    ["instance obo user", "delegation_token"],
    ["delegation-token", "delegation_token"],
  ])("%s is %s", (name, authType) => {
    expect(resolve({}, { OCI_AUTH_TYPE: name, OCI_REGION: "ord" }).authType).toBe(authType);
  });

  test.each([
    ["instance_principle", "instance_principal"],
    ["workload_idntity", "workload_identity"],
    ["delegation_tokn", "delegation_token"],
  ])("%s is a typing error, of %s", (name, meant) => {
    expect(refusal({}, { OCI_AUTH_TYPE: name }).message).toContain(`did you mean "${meant}"?`);
  });

  test("a session profile as API key, an API key as session and half a profile are named for what they are", () => {
    expect(refusal({ profile: "S", authType: "api_key" })).toMatchObject({
      message: expect.stringContaining("lacks user for auth type api_key (from the `authType` option)"),
      hint: expect.stringContaining("session profile"),
    });
    expect(refusal({ authType: "session_token" })).toMatchObject({
      message: expect.stringContaining("lacks security_token_file"),
      hint: expect.stringContaining("API-key profile"),
    });
    const half = configDirectory(`[DEFAULT]\nuser=${USER}\nregion=ord\n`).configFile;
    expect(refusal({ configFile: half }).message).toContain("lacks tenancy, key_file");
  });
});

describe("principals", () => {
  const instance = (env: Record<string, string> = {}): OciConfig =>
    resolveOciConfig({ env: { OCI_AUTH_TYPE: "instance_principal", OCI_CONFIG_FILE: configFile, ...env } });

  test("a profile that happens to be there lends neither region nor tenancy", () => {
    expect(instance()).toMatchObject({ profile: undefined, region: undefined, compartmentId: undefined });
    expect(instance({ OCI_PROFILE: "OTHER" })).toMatchObject({
      region: "us-ashburn-1",
      compartmentId: undefined,
    });
    expect(instance({ OCI_PROFILE: "none" }).profile).toBeUndefined();
  });

  test("without a region, the endpoint is one that nobody can resolve, until the instance tells", () => {
    expect(new URL(instance().baseURL).hostname).toMatch(/\.invalid$/);
    expect(instance({ OCI_REGION: "fra" }).baseURL).toContain("eu-frankfurt-1.oci.oraclecloud.com");
  });

  test("a profile's own authentication_type is taken seriously, and makes Cloud Shell's one a delegation", () => {
    expect(resolve({ profile: "IP" }).authType).toBe("instance_principal");
    expect(resolve({ profile: "CLOUDSHELL" })).toMatchObject({
      authType: "delegation_token",
      principal: { delegationTokenFile: "/etc/oci/token" },
    });
  });

  test.each(["1.1", "2.1", "3.0", "9"])(
    "resource principals of version %s are refused, 2.2 is named",
    (version) => {
      const error = refusal({ authType: "resource_principal" }, { OCI_RESOURCE_PRINCIPAL_VERSION: version });
      expect(error).toMatchObject({ code: "resource_principal_version" });
      expect(error.message).toContain("version 2.2 is");
    },
  );

  test("what a resource or a workload lacks is named", () => {
    expect(refusal({ authType: "resource_principal" }).message).toContain("OCI_RESOURCE_PRINCIPAL_VERSION");
    const env = { OCI_RESOURCE_PRINCIPAL_VERSION: "2.2" };
    expect(refusal({ authType: "resource_principal" }, env).message).toContain("OCI_RESOURCE_PRINCIPAL_RPST");
    expect(refusal({ authType: "oke_workload_identity" }).message).toContain("KUBERNETES_SERVICE_HOST");
  });

  test("a resource's region is known from its environment", () => {
    const env = {
      OCI_RESOURCE_PRINCIPAL_VERSION: "2.2",
      OCI_RESOURCE_PRINCIPAL_RPST: "token",
      OCI_RESOURCE_PRINCIPAL_PRIVATE_PEM: "hidden-key",
      OCI_RESOURCE_PRINCIPAL_REGION: "phx",
    };
    const config = resolve({ authType: "resource_principal" }, env);
    expect(config.region).toBe("us-phoenix-1");
    expect(inspect(config, { depth: 9 })).not.toContain("hidden-key");
    const { OCI_RESOURCE_PRINCIPAL_REGION: _, ...rest } = env;
    expect(refusal({ authType: "resource_principal" }, rest).message).toContain("no OCI region");
  });

  test("metadata and identity services are those of OCI, or of this machine", () => {
    expect(instance().principal?.metadataUrl).toBe("http://169.254.169.254");
    expect(instance({ LOCUS_OCI_METADATA_URL: "http://127.0.0.1:1/" }).principal?.metadataUrl).toBe(
      "http://127.0.0.1:1",
    );
    expect(instance({ OCI_METADATA_BASE_URL: "http://169.254.0.7/opc/v2/" }).principal?.metadataUrl).toBe(
      "http://169.254.0.7",
    );
    for (const url of ["http://10.0.0.1", "https://evil.example", "http://127.0.0.1@evil.example", "x"]) {
      for (const name of ["LOCUS_OCI_METADATA_URL", "LOCUS_OCI_FEDERATION_URL"]) {
        expect(() => instance({ [name]: url })).toThrow(`environment variable ${name} must be`);
      }
    }
  });
});

describe("control plane", () => {
  const control = (options: object): string | undefined => resolve(options).controlEndpoint;

  test("it is the region's, or that of the endpoint's name, or what it is said to be", () => {
    expect(control({})).toBe("https://generativeai.us-chicago-1.oci.oraclecloud.com");
    expect(control({ endpoint: "https://inference.generativeai.us-phoenix-1.oci.oraclecloud.com" })).toBe(
      "https://generativeai.us-phoenix-1.oci.oraclecloud.com",
    );
    expect(control({ controlEndpoint: "http://127.0.0.1:2/" })).toBe("http://127.0.0.1:2");
    expect(refusal({ controlEndpoint: "https://evil.example" }).message).toContain("no OCI host");
  });

  test("a local endpoint does not make a request to the real one", () => {
    expect(control({ endpoint: "http://127.0.0.1:1", region: "us-chicago-1" })).toBeUndefined();
  });
});

describe("compartment", () => {
  test("a session of another profile's tenancy does not borrow that tenancy", () => {
    expect(resolve({ profile: "BORROWER" })).toMatchObject({
      authType: "session_token",
      compartmentId: undefined,
    });
    expect(resolve({ profile: "S" }).compartmentId).toBe(TENANCY);
  });

  test("the tenancy never stands in for a dedicated endpoint's compartment", () => {
    const model = "ocid1.generativeaiendpoint.oc1.us-chicago-1.aaaa";
    expect(refusal({ model }).hint).toContain("OCI_COMPARTMENT");
    expect(refusal({ model: `oci:${model}` }).message).toContain("dedicated endpoint");
    expect(resolve({ model, compartmentId: COMPARTMENT }).compartmentId).toBe(COMPARTMENT);
  });

  test("a name is no compartment, a header cannot be smuggled in", () => {
    expect(refusal({}, { OCI_COMPARTMENT: "production" }).message).toBe(
      "the compartment from environment variable OCI_COMPARTMENT is not an OCID",
    );
    expect(refusal({ project: "ocid1.generativeaiproject.oc1\r\nx: y" }).message).toContain("project");
  });
});

describe("refusals", () => {
  test("an unknown option is answered with the nearest known one", () => {
    expect(refusal({ compartmentID: COMPARTMENT }).message).toBe(
      'unknown OCI option "compartmentID"; did you mean "compartmentId"?',
    );
  });

  test.each([
    [{ timeoutMs: 0 }, "timeoutMs"],
    [{ maxRetries: -1 }, "maxRetries"],
    [{ maxRetries: 1.5 }, "maxRetries"],
    [{ transport: "v2" }, "transport"],
    [{ allowedHosts: ["https://x"] }, "allowedHosts"],
    [{ region: 7 }, "region"],
    [{ logger: {} }, "logger"],
  ])("%j is refused by name", (options, name) => {
    expect(refusal(options).message).toContain(`"${name}`);
  });

  test("an option of the wrong shape is not repeated in the error", () => {
    expect(inspect(refusal({ apiKey: { secret: "sk-hidden" } }))).not.toContain("sk-hidden");
    expect(inspect(refusal({ apiKey: "sk-hid den" }))).not.toContain("sk-hid");
  });

  test("LOCUS_OCI_TRANSPORT is checked, and auto means the table", () => {
    expect(refusal({}, { LOCUS_OCI_TRANSPORT: "rest" }).message).toContain("LOCUS_OCI_TRANSPORT");
    expect(resolve({}, { LOCUS_OCI_TRANSPORT: "auto" }).transport).toBeUndefined();
    expect(resolve({}, { LOCUS_OCI_TRANSPORT: "sdk" }).transport).toBe("sdk");
  });

  test("an endpoint outside OCI, without https or with a password is refused without showing the password", () => {
    expect(refusal({ endpoint: "https://evil.example" }).message).toContain("evil.example is no OCI host");
    expect(refusal({ endpoint: "http://h.oraclecloud.com" }).message).toContain("https");
    const error = refusal({ endpoint: "https://u:hunter2@h.oraclecloud.com" });
    expect(inspect(error)).not.toContain("hunter2");
    expect(refusal({ endpoint: "not a url" }).message).toBe("the `endpoint` option is not a URL");
    expect(resolve({ endpoint: "https://gw.example", allowedHosts: ["gw.example"] }).endpoint).toBe(
      "https://gw.example",
    );
  });

  test("where nothing is configured, the error says what would be", () => {
    const error = refusal({ configFile: undefined }, { OCI_CONFIG_FILE: "/nowhere/config" });
    expect(error).toMatchObject({
      code: "oci_not_configured",
      hint: expect.stringContaining("oci setup config"),
    });
    expect(error.message).toContain("/nowhere/config (environment variable OCI_CONFIG_FILE)");
  });
});

test("a configuration printed in any way shows no key", () => {
  const config = resolve({ apiKey: "sk-hidden", region: "ord" });
  expect(inspect(config, { depth: 9, showHidden: true })).not.toContain("sk-hidden");
  expect(JSON.stringify(config)).not.toContain("sk-hidden");
  expect(config.apiKeys.map((key) => key.reveal())).toEqual(["sk-hidden"]);
});
