// Who a request can come from.

/** The authenticated sender of a request. */
export type Principal =
  | {
      readonly kind: "user";
      readonly tenancyId: string;
      readonly userId: string;
      readonly fingerprint: string;
    }
  | { readonly kind: "session"; readonly tenancyId: string; readonly userId: string }
  | {
      readonly kind: "instance" | "resource" | "workload";
      readonly tenancyId: string;
      /** OCID of the instance or resource; `namespace/serviceaccount` of a workload. */
      readonly id: string;
    }
  | {
      readonly kind: "api_key";
      readonly apiKeyId: string;
      readonly name: string;
      readonly compartmentId: string;
    };

/** Principals that sign with a token. */
export type TokenKind = Exclude<Principal["kind"], "user" | "api_key">;
