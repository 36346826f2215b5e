/** A server on loopback for native operations that are not chat: it records bodies, and answers from a function. */
import { apiKeyProfile, keyPair } from "./profiles.ts";
import { recordingServer } from "./recording-server.ts";

export type Json = Readonly<Record<string, unknown>>;
/** A body, or with `status` a failure; `undefined` is an empty body. */
type OperationAnswer = (body: Json) => Json | undefined | Promise<Json | undefined>;

const keys = keyPair();

export async function recordingNative() {
  const bodies: Json[] = [];
  const paths: string[] = [];
  let respond: OperationAnswer = () => ({});
  const server = await recordingServer(async (arrival, response, index) => {
    const body = JSON.parse(arrival.body.toString()) as Json;
    bodies.push(body);
    paths.push(arrival.target);
    const answer = await respond(body);
    response.writeHead(typeof answer?.status === "number" ? answer.status : 200, {
      "content-type": "application/json",
      "opc-request-id": `ok-${index + 1}`,
    });
    response.end(answer === undefined ? "" : JSON.stringify(answer));
  });
  const { configFile } = apiKeyProfile(keys);
  return {
    bodies,
    paths,
    answer: (answer: OperationAnswer): void => {
      respond = answer;
    },
    options: {
      endpoint: server.url,
      configFile,
      compartmentId: "ocid1.compartment.oc1..aaaanative",
      env: {},
      maxRetries: 0,
    },
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}
