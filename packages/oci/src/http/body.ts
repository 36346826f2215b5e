/** Request bodies of every kind become bytes with the content type fetch would have given them: only bytes can be signed. */

export interface BodyBytes {
  readonly bytes: Uint8Array<ArrayBuffer> | undefined;
  /** What the body itself calls for: the boundary of a form, the type of a blob. */
  readonly contentType: string | undefined;
}

/** Reads a body to its end. */
export async function bodyBytes(body: RequestInit["body"]): Promise<BodyBytes> {
  if (body === null || body === undefined) return { bytes: undefined, contentType: undefined };
  const response = new Response(body);
  const contentType = response.headers.get("content-type") ?? undefined;
  return { bytes: new Uint8Array(await response.arrayBuffer()), contentType };
}
