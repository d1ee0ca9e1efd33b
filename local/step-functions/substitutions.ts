/** `${Name}` inside a definition stands for what the deployment calls it; the template fills in the same map. */
import { isObject, type Json } from './json.ts'

const placeholder = /\$\{([A-Za-z0-9_.-]+)\}/g

/** The definition with every placeholder filled in, and the names nobody gave a value for. */
export function substitute(
  definition: unknown,
  values: Record<string, string>,
): { definition: Json; unknown: string[] } {
  const unknown = new Set<string>()
  const fill = (text: string) =>
    text.replace(placeholder, (whole, name: string) => {
      const value = Object.hasOwn(values, name) ? values[name] : undefined
      if (value === undefined) unknown.add(name)
      return value ?? whole
    })
  const walk = (node: unknown): Json => {
    if (typeof node === 'string') return fill(node)
    if (Array.isArray(node)) return node.map(walk)
    if (!isObject(node)) return node as Json
    return Object.fromEntries(Object.entries(node).map(([key, value]) => [key, walk(value)]))
  }
  return { definition: walk(definition), unknown: [...unknown] }
}
