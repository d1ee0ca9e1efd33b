/**
 * The body of a request of the AWS SDK as text. The SDK hands over bytes in a class of its own that minds being
 * treated as anything else, Buffer.from included.
 */
const decoder = new TextDecoder()

export const bodyText = (body: unknown): string =>
  typeof body === 'string' ? body : decoder.decode(body as Uint8Array | undefined)
