/** What may be stored, passed between states and sent: JSON, and nothing that only resembles it. */
export type Json = null | boolean | number | string | Json[] | JsonObject
export interface JsonObject {
  [key: string]: Json
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** How many bytes a value takes on the wire, which is what the service's limits count. */
export function jsonBytes(value: Json): number {
  return Buffer.byteLength(JSON.stringify(value))
}
