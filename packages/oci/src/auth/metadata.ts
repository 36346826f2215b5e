/** The instance metadata service, version 2: where an instance learns what it is. Asked directly, whatever proxy is set. */
import { get } from "node:http";
import {
  ConnectionError,
  isRecord,
  type LocusError,
  parseJson,
  retryingCall,
  ServerError,
} from "@locus-sdk/core";
import { findRegion, type Region, regionId } from "../config/regions.ts";

const LIMIT_MS = 3_000;
const RETRY = { maxRetries: 3, baseMs: 200, capMs: 1_000 };
const LONGEST_ANSWER = 1_000_000;

const HINT =
  "Instance principals work on compute instances of OCI, and where their metadata service can be reached. Elsewhere choose another auth type with OCI_AUTH_TYPE.";

/** Reads one piece of metadata, such as `instance/region`. */
async function readMetadata(metadataUrl: string, path: string): Promise<string> {
  return retryingCall(() => readOnce(`${metadataUrl}/opc/v2/${path}`), RETRY);
}

function readOnce(url: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const failed = (error: LocusError): void => {
      request.destroy();
      reject(error);
    };
    const request = get(url, { headers: { authorization: "Bearer Oracle" }, agent: false }, (response) => {
      const status = response.statusCode ?? 0;
      const chunks: Buffer[] = [];
      let size = 0;
      response.on("data", (chunk: Buffer) => {
        size += chunk.length;
        if (size > LONGEST_ANSWER) failed(refused(url, "sent more than metadata ever is"));
        else chunks.push(chunk);
      });
      response.once("error", (cause) => failed(unreachable(url, cause)));
      response.once("end", () => {
        if (status === 200) resolve(Buffer.concat(chunks).toString("utf8").trim());
        else if (status >= 500 || status === 429) reject(refused(url, `answered ${status}`, status));
        else reject(refused(url, `answered ${status}`));
      });
    });
    request.setTimeout(LIMIT_MS, () => {
      // One that is there but slow may do better next time.
      const there = request.socket?.connecting === false;
      failed(unreachable(url, new Error(`no answer within ${LIMIT_MS} ms`), there));
    });
    request.once("error", (cause) => failed(unreachable(url, cause)));
  });
}

/** With a status, the service is there and may do better next time. */
function refused(url: string, what: string, status?: number): LocusError {
  const message = `the instance metadata service (${url}) ${what}`;
  return status === undefined
    ? new ConnectionError(message, { code: "metadata", retryable: false, hint: HINT })
    : new ServerError(message, { code: "metadata", status, hint: HINT });
}

// No instance is without its metadata service: there is no point in asking again, and every point in saying so soon.
function unreachable(url: string, cause: Error, retryable = false): LocusError {
  return new ConnectionError(`the instance metadata service (${url}) cannot be reached: ${cause.message}`, {
    code: "metadata_unreachable",
    retryable,
    hint: HINT,
    cause,
  });
}

/** The region of this instance. One that is not in our table tells its realm by itself. */
export async function instanceRegion(metadataUrl: string): Promise<Region> {
  const name = await readMetadata(metadataUrl, "instance/region");
  try {
    return findRegion(name, [], "the instance metadata service");
  } catch (error) {
    const info = parseJson(await readMetadata(metadataUrl, "instance/regionInfo"));
    if (!isRecord(info)) throw error;
    const { regionIdentifier, realmDomainComponent } = info;
    if (typeof regionIdentifier !== "string" || typeof realmDomainComponent !== "string") throw error;
    // Both end up in a host name.
    if (!/^[a-z0-9-]+$/.test(regionIdentifier) || !/^[a-z0-9.-]+$/.test(realmDomainComponent)) throw error;
    return { id: regionId(regionIdentifier), domain: realmDomainComponent };
  }
}
