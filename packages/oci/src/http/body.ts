/** Request bodies of every kind become bytes with the content type fetch would have given them: only bytes can be signed. */

export interface BodyBytes {
  readonly bytes: Uint8Array<ArrayBuffer> | undefined;
  /** What the body itself calls for: the boundary of a form, the type of a blob. */
  readonly contentType: string | undefined;
}

const encoder = new TextEncoder();

/** Reads a body to its end. */
export async function bodyBytes(body: RequestInit["body"]): Promise<BodyBytes> {
  if (body === null || body === undefined) return { bytes: undefined, contentType: undefined };
  // JSON, which nearly every body is: what fetch would do, without a stream in between.
  if (typeof body === "string") {
    return { bytes: encoder.encode(body), contentType: "text/plain;charset=UTF-8" };
  }
  const response = new Response(body);
  const contentType = response.headers.get("content-type") ?? undefined;
  return { bytes: new Uint8Array(await response.arrayBuffer()), contentType };
}
