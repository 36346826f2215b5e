/** Resource principals, version 2.2: a function, job or container is handed a token and its key, in files or as text. */
import { createPrivateKey, type KeyObject } from "node:crypto";
import { isAbsolute } from "node:path";
import { AuthenticationError, ConfigurationError } from "@locus-sdk/core";
import type { ResourcePrincipalSettings } from "../config/principals.ts";
import type { ServiceClock } from "../http/clock.ts";
import { Secret } from "../secret.ts";
import { type Credentials, cachedCredentials, hasExpired, stampFile } from "./credentials.ts";
import { readText } from "./private-key.ts";
import { expiryOf, isToken } from "./token.ts";
import { vendor, withEnvironment } from "./vendor.ts";

const PREFIX = "OCI_RESOURCE_PRINCIPAL_";
/** The vendor insists on a region that it knows. Ours comes from our own table, where newer ones have a place. */
const ANY_REGION = "us-ashburn-1";

/** Signs as the resource that the program runs in. Files are read again when they change. */
export function resourceCredentials(settings: ResourcePrincipalSettings, clock: ServiceClock): Credentials {
  const { token, privateKey, passPhrase } = settings;
  const paths = [token, privateKey, passPhrase].map((secret) => secret?.reveal() ?? "").filter(isAbsolute);
  return cachedCredentials("resource_principal", async (nowMs) => {
    const files = paths.map(stampFile);
    const text = await content(token, "RPST");
    if (!isToken(text)) {
      throw new ConfigurationError(`the token in ${PREFIX}RPST holds something that is no token`, {
        hint: "OCI writes it; expected a JWT, or the absolute path of a file that holds one.",
      });
    }
    const expiresAtMs = expiryOf(text);
    if (hasExpired(expiresAtMs, nowMs, clock)) {
      throw new AuthenticationError(
        `the token in ${PREFIX}RPST expired at ${new Date(expiresAtMs).toISOString()}`,
        {
          code: "session_expired",
          hint: isAbsolute(token.reveal())
            ? "OCI renews this file while the resource runs; it is read again with the next request."
            : "A token in a variable cannot be renewed. Start the program again.",
        },
      );
    }
    const key = readKey(
      await content(privateKey, "PRIVATE_PEM"),
      passPhrase && (await content(passPhrase, "…")),
    );
    return { identity: await identityOf(text, key), files, expiresAtMs };
  });
}

// The vendor is given values, not paths: it reads files once, keeps the line end behind a token, and knows fewer ciphers.
async function identityOf(token: string, key: KeyObject) {
  const { ResourcePrincipalAuthenticationDetailsProvider: Provider } = await vendor();
  const pem = key.export({ type: "pkcs8", format: "pem" }).toString();
  const values = { VERSION: "2.2", RPST: token, PRIVATE_PEM: pem, REGION: ANY_REGION };
  const named = Object.fromEntries(Object.entries(values).map(([name, value]) => [PREFIX + name, value]));
  const provider = withEnvironment(named, () => Provider.builder());
  return {
    kind: "signature",
    keyId: new Secret(await provider.getKeyId()),
    privateKey: createPrivateKey(provider.getPrivateKey()),
  } as const;
}

async function content(secret: Secret, name: string): Promise<string> {
  const value = secret.reveal();
  return isAbsolute(value) ? readText(value, `${PREFIX}${name}`) : value;
}

function readKey(pem: string, passphrase: string | undefined): KeyObject {
  let key: KeyObject;
  try {
    key = createPrivateKey({ key: pem, passphrase: passphrase ?? "" });
  } catch {
    // The cause would quote what it was given.
    throw new ConfigurationError(`the key in ${PREFIX}PRIVATE_PEM cannot be read`, {
      hint: pem.includes("ENCRYPTED")
        ? `It is encrypted: check ${PREFIX}PRIVATE_PEM_PASSPHRASE.`
        : "Expected a private key in PEM form, or the absolute path of a file that holds one.",
    });
  }
  if (key.asymmetricKeyType === "rsa") return key;
  throw new ConfigurationError(
    `the key in ${PREFIX}PRIVATE_PEM is of type ${key.asymmetricKeyType}; OCI signs with RSA`,
  );
}
