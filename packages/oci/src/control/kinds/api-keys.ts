/** API keys of OCI Generative AI: two secrets each, shown once, and renewed one after the other. */
import { z } from "zod";
import { Secret } from "../../secret.ts";
import type { Control } from "../client.ts";
import { checked, received, sent } from "../fields.ts";
import { FILTERS, LIFECYCLE, type ResourceKind } from "../kind.ts";
import { act, itemIn, movable, resource } from "../resource.ts";
import {
  type ActionOptions,
  type CreateDescribed,
  createDescribed,
  type Described,
  described,
  type KeptByName,
  type KeptQuery,
  keptByName,
  type LifecycleState,
  type Movable,
  type Open,
  type Resource,
  type Tags,
  tagged,
} from "../types.ts";

/** One of the two secrets. Times are ISO 8601. */
export interface ApiKeyItem {
  /** The secret itself, told once: by `create`, and by `renew`. Printed it is `[secret]`; `reveal()` gives it. */
  readonly key?: Secret | undefined;
  readonly keyName: string;
  /** As much of it as may be shown. */
  readonly keyMask?: string | undefined;
  readonly state: Open<"ACTIVE" | "INACTIVE" | "REVOKED" | "EXPIRED" | "DELETED">;
  readonly timeCreated?: string | undefined;
  readonly timeExpiry?: string | undefined;
  readonly timeActivated?: string | undefined;
  readonly timeDeactivated?: string | undefined;
  readonly timeRevoked?: string | undefined;
  readonly timeLastUsed?: string | undefined;
}

export type ApiKeyState = LifecycleState | "INACTIVE";

export interface ApiKey extends KeptByName<ApiKeyState> {
  readonly keys: readonly ApiKeyItem[];
}

/** A secret to be made. */
export interface KeyDetails {
  readonly keyName: string;
  /** When it stops working, in ISO 8601; default: in 90 days. */
  readonly timeExpiry?: string | undefined;
}

export interface CreateApiKeyDetails extends CreateDescribed {
  readonly displayName: string;
  /** Both of them can be used; whoever knows both can renew one without a pause. */
  readonly keyDetails: readonly KeyDetails[];
}

/** Which secret to renew, and until when. */
export interface RenewApiKeyDetails extends KeyDetails, Tags {}

/** Which secret is to be in which state. */
export interface SetApiKeyStateDetails extends Tags {
  readonly keyName: string;
  readonly state: Open<"ACTIVE" | "INACTIVE" | "REVOKED">;
}

export interface UpdateApiKeyDetails extends Described {}
export interface ApiKeyQuery extends KeptQuery<ApiKeyState> {}

interface ApiKeyTypes {
  readonly item: ApiKey;
  readonly summary: ApiKey;
  readonly create: CreateApiKeyDetails;
  readonly update: UpdateApiKeyDetails;
  readonly query: ApiKeyQuery;
  readonly state: ApiKeyState;
}

/** A key that was made before a policy allows its use (`request.principal.type='generativeaiapikey'`) never works. */
export interface ApiKeys extends Resource<ApiKeyTypes>, Movable {
  /** Makes one of its secrets anew; the answer tells it, once. */
  renew(id: string, details: RenewApiKeyDetails, options?: ActionOptions): Promise<ApiKey>;
  /** Turns one of its secrets off, or on again. */
  setState(id: string, details: SetApiKeyStateDetails, options?: ActionOptions): Promise<ApiKey>;
}

const keyDetails = { keyName: sent.text, timeExpiry: sent.maybe(sent.time) };
const renewDetails = sent.object<RenewApiKeyDetails>({ ...keyDetails, ...tagged(sent) });
const stateDetails = sent.object<SetApiKeyStateDetails>({
  keyName: sent.text,
  state: sent.text,
  ...tagged(sent),
});

const KIND: ResourceKind<ApiKeyTypes> = {
  ...LIFECYCLE,
  name: "apiKeys",
  one: "API key",
  path: "apikeys",
  filters: FILTERS,
  states: [...LIFECYCLE.states, "INACTIVE"],
  item: received.object<ApiKey>({
    ...keptByName(received),
    keys: received.list(
      received.object<ApiKeyItem>({
        key: received.maybe(z.string().transform((key) => new Secret(key))),
        keyName: received.text,
        keyMask: received.maybe(received.text),
        state: received.text,
        timeCreated: received.maybe(received.time),
        timeExpiry: received.maybe(received.time),
        timeActivated: received.maybe(received.time),
        timeDeactivated: received.maybe(received.time),
        timeRevoked: received.maybe(received.time),
        timeLastUsed: received.maybe(received.time),
      }),
    ),
  }),
  create: sent.object<CreateApiKeyDetails>({
    ...createDescribed(sent),
    displayName: sent.text,
    keyDetails: sent.list(sent.object<KeyDetails>(keyDetails)),
  }),
  update: sent.object<UpdateApiKeyDetails>(described(sent)),
};

export function apiKeys(control: Control): ApiKeys {
  return {
    ...resource(control, KIND),
    ...movable(control, KIND),
    async renew(id, details, options) {
      const { keyName, timeExpiry, ...tags } = checked("apiKeys.renew", renewDetails, details);
      const body = { details: { keyName, timeExpiry }, ...tags };
      return itemIn(
        "apiKeys.renew",
        KIND.item,
        await act(control, KIND, { id, action: "renew", body, options }),
      );
    },
    async setState(id, details, options) {
      const body = checked("apiKeys.setState", stateDetails, details);
      const answer = await act(control, KIND, { id, action: "setstate", method: "setState", body, options });
      return itemIn("apiKeys.setState", KIND.item, answer);
    },
  };
}
