// API keys as resources: what they do beyond being created, updated and deleted.
import { refusal } from "../http/dispatch.ts";
import { notFound, ociError } from "../http/envelopes.ts";
import type { Reply } from "../http/reply.ts";
import type { Call, Route } from "../http/route.ts";
import type { JsonObject } from "../json.ts";
import type { EmulatorState } from "../state.ts";
import type { KeyDetails, KeySecret, Shown } from "./api-key-secrets.ts";
import { apiKeyBodies, keysOf } from "./bodies.ts";
import { checkBody } from "./check-body.ts";
import { bodyOf, changeable, creates, done, once, refused } from "./handlers.ts";
import type { Resource } from "./lifecycle.ts";
import type { Outcome } from "./retries.ts";
import { apiKeys } from "./rows.ts";

/** A key that has expired before it exists helps nobody. */
function checkExpiry({ timeExpiry }: KeyDetails, nowMs: number): Reply | undefined {
  if (timeExpiry === undefined || Date.parse(timeExpiry) > nowMs) return undefined;
  const text = "Invalid timeExpiry: it must be in the future.";
  return refusal(ociError(400, "InvalidParameter", text), text);
}

const make = creates(apiKeys, (resource, body, { control }) => {
  const { keyDetails } = keysOf.parse(body);
  const shown = keyDetails.map((details) => control.secrets.mint(resource.id, details));
  return { keys: control.secrets.bodiesOf(resource, shown) };
});

/** Mints the secrets and shows them, this once. */
export const createApiKey: Route["handle"] = (call, state) => {
  const checked = checkBody(apiKeyBodies.create, call.request);
  const late = checked.ok
    ? checked.body.keyDetails
        .map((details) => checkExpiry(details, state.control.nowMs))
        .find((reply) => reply !== undefined)
    : undefined;
  return late ?? make(call, state);
};

/** A new secret under the name of an old one, which stops working. */
export const renewApiKey: Route["handle"] = once((call, state) => {
  const checked = checkBody(apiKeyBodies.renew, call.request);
  if (!checked.ok) return refused(checked.refused);
  const { details, ...tags } = checked.body;
  const late = checkExpiry(details, state.control.nowMs);
  if (late !== undefined) return late;
  return withKey(call, state, details.keyName, (resource) => {
    const shown = state.control.secrets.mint(resource.id, details);
    return changed(resource, tags, state, [shown]);
  });
});

export const setApiKeyState: Route["handle"] = once((call, state) => {
  const checked = checkBody(apiKeyBodies.setState, call.request);
  if (!checked.ok) return refused(checked.refused);
  const { keyName, state: wanted, ...tags } = checked.body;
  return withKey(call, state, keyName, (resource, key) => {
    const { secrets } = state.control;
    if (key.state === "REVOKED" || secrets.isExpired(key)) {
      const now = key.state === "REVOKED" ? "revoked" : "expired";
      const text = `The key ${keyName} is ${now}; renew it instead.`;
      return refusal(ociError(409, "IncorrectState", text), text);
    }
    secrets.setState(resource.id, keyName, wanted);
    return changed(resource, tags, state, []);
  });
});

function withKey(
  call: Call,
  state: EmulatorState,
  keyName: string,
  act: (resource: Resource, key: KeySecret) => Outcome,
): Outcome {
  const target = changeable(apiKeys, call, state);
  if (!target.ok) return target.reply;
  const key = state.control.secrets.of(target.resource.id).find((held) => held.keyName === keyName);
  if (key === undefined) return refusal(notFound, `the API key has no key ${keyName}`);
  return act(target.resource, key);
}

function changed(
  resource: Resource,
  tags: JsonObject,
  state: EmulatorState,
  shown: readonly Shown[],
): Outcome {
  const { control } = state;
  const now = control.change(resource, undefined, { fields: { ...resource.fields, ...tags } });
  return done(now, apiKeys, state, undefined, {
    ...bodyOf(now, apiKeys, state),
    keys: control.secrets.bodiesOf(now, shown),
  });
}
