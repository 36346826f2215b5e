/**
 * The vendor's provider for instances. It reads and renews the certificates and makes the session's keys; the exchange
 * with the identity service is ours, put in where its builder makes its own: that one prints what fails, has no limits,
 * and knows no clock but the machine's.
 */
import { createPrivateKey } from "node:crypto";
import { ConfigurationError, LocusError } from "@locus-sdk/core";
import type { OkeWorkloadIdentityAuthenticationDetailsProvider } from "oci-common";
import type { ServiceClock } from "../http/clock.ts";
import { Secret } from "../secret.ts";
import { requestToken } from "./identity-service.ts";
import { inTime, vendor } from "./vendor.ts";

/** As much of the vendor's provider as is used. */
export interface InstanceProvider {
  /** Proves who the instance is, with new keys; gives the token. */
  refresh(): Promise<string>;
  /** The key of the last token, in PEM form. */
  getPrivateKey(): string;
}

const BUILD_LIMIT_MS = 15_000;
const BUILD_ATTEMPTS = 3;
export const INSTANCE_HINT: string =
  "Give the instance's dynamic group a policy, and check that its certificates and its clock are those of OCI.";

// Interfaces of the vendor that it does not export by name.
type Seams = ConstructorParameters<typeof OkeWorkloadIdentityAuthenticationDetailsProvider>;
type FederationClient = Seams[0];
type KeySupplier = Seams[1];

/** As much of a certificate with its key as goes into the exchange; the vendor's types call it by sshpk's names. */
interface CertificateSupplier {
  getCertificateAndKeyPair(): {
    getCertificate(): {
      toString(format: "pem"): string;
      fingerprint(algorithm: "sha1"): { toString(format: "hex"): string };
    };
    getPrivateKey(): { toBuffer(format: "pem", options: object): Buffer } | null;
  };
  refresh?(): unknown;
}

interface Exchange {
  readonly tenancy: string;
  readonly leaf: CertificateSupplier;
  readonly intermediates: readonly CertificateSupplier[];
  readonly keys: KeySupplier;
}

const bare = (pem: string): string => pem.replace(/-----[A-Z ]+-----|\s/g, "");
const pemOf = (supplier: CertificateSupplier): string =>
  supplier.getCertificateAndKeyPair().getCertificate().toString("pem");

/** Shows the certificates and a new public key, signed with the certificate's own key, and gets a token. */
function exchange(
  { tenancy, leaf, intermediates, keys }: Exchange,
  url: string,
  clock: ServiceClock,
): Promise<string> {
  const pair = leaf.getCertificateAndKeyPair();
  const fingerprint = pair.getCertificate().fingerprint("sha1").toString("hex");
  return requestToken({
    url,
    body: {
      certificate: bare(pemOf(leaf)),
      purpose: "DEFAULT",
      publicKey: bare(keys.getKeyPair().getPublic()),
      intermediateCertificates: intermediates.map((supplier) => bare(pemOf(supplier))),
    },
    identity: {
      kind: "signature",
      keyId: new Secret(`${tenancy}/fed-x509/${fingerprint}`),
      privateKey: createPrivateKey(pair.getPrivateKey()?.toBuffer("pem", {}) ?? ""),
    },
    dateHeader: "date",
    clock,
    what: "this instance's identity was not confirmed",
    hint: INSTANCE_HINT,
  });
}

/** Builds the provider of this instance: certificates from `metadataUrl`, tokens from `identityUrl`. */
export async function instanceProvider(
  metadataUrl: string,
  identityUrl: string,
  clock: ServiceClock,
): Promise<InstanceProvider> {
  const { InstancePrincipalsAuthenticationDetailsProviderBuilder: VendorBuilder } = await vendor();

  class Builder extends VendorBuilder {
    protected override createFederationClient(keys: KeySupplier): FederationClient {
      // The getter of this name is hidden by a setter of the same name in the vendor's own subclass.
      const leaf = this._leafCertificateSupplier;
      const intermediates = this._intermediateCertificateSuppliers;
      let used = false;
      const refreshAndGetSecurityToken = async (): Promise<string> => {
        // Keys and certificates are new the first time; afterwards both are renewed with the token.
        if (used) {
          keys.refreshKeys();
          for (const supplier of [leaf, ...intermediates]) await supplier.refresh?.();
        }
        used = true;
        return exchange(
          { tenancy: this.tenancyId, leaf, intermediates, keys },
          `${identityUrl}/v1/x509`,
          clock,
        );
      };
      return {
        refreshAndGetSecurityToken,
        getSecurityToken: refreshAndGetSecurityToken,
        getStringClaim: () => Promise.resolve(null),
      };
    }
  }

  for (let attempt = 1; ; attempt += 1) {
    const builder = new Builder();
    builder.metadataBaseUrl = `${metadataUrl}/opc/v2/`;
    // With this set, the vendor leaves the region alone, which it would take from any answer whatever its status.
    builder.federationEndpoint = identityUrl;
    try {
      return await inTime(builder.build(), BUILD_LIMIT_MS, "the instance metadata service");
    } catch (error) {
      if (attempt >= BUILD_ATTEMPTS) throw certificateError(metadataUrl, error);
    }
  }
}

function certificateError(metadataUrl: string, cause: unknown): LocusError {
  if (cause instanceof LocusError) return cause;
  return new ConfigurationError(
    `the certificates of this instance could not be read from its metadata service (${metadataUrl})`,
    { code: "instance_certificates", hint: INSTANCE_HINT, cause },
  );
}
