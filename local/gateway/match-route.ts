/**
 * Which route answers a request, chosen as API Gateway chooses: the most specific path wins, a fixed segment being
 * more specific than a `{parameter}`. A parameter takes one segment that is not empty; a slash at the end counts.
 */
import { routeNames, routes } from '../../core/contract/api.ts'
import type { FunctionName } from '../../core/contract/function-name.ts'

export interface Match {
  function: FunctionName
  /** `GET /v1/vms/{vmId}`, as events name the route. */
  routeKey: string
  pathParameters: Record<string, string>
}

interface Entry {
  function: FunctionName
  routeKey: string
  method: string
  segments: string[]
}

const entries: Entry[] = routeNames
  .map((name) => {
    const { caller, method, path } = routes[name]
    return {
      function: `${caller}/${name}` as const,
      routeKey: `${method} ${path}`,
      method,
      segments: path.split('/'),
    }
  })
  .sort((a, b) => (specificity(a) < specificity(b) ? -1 : 1))

/** What nobody else answers; the function says whether the path or only the method is unknown. */
export const catchAll: Match = {
  function: 'api/refuse-route',
  routeKey: '$default',
  pathParameters: {},
}

export function matchRoute(method: string, rawPath: string): Match {
  const segments = rawPath.split('/')
  for (const entry of entries) {
    if (entry.method !== method || entry.segments.length !== segments.length) continue
    const pathParameters = parametersOf(entry, segments)
    if (pathParameters)
      return { function: entry.function, routeKey: entry.routeKey, pathParameters }
  }
  return catchAll
}

function parametersOf(entry: Entry, segments: string[]): Record<string, string> | undefined {
  const parameters: Record<string, string> = {}
  for (const [index, expected] of entry.segments.entries()) {
    const given = segments[index]!
    if (!expected.startsWith('{')) {
      if (given !== expected) return undefined
      continue
    }
    const value = decode(given)
    if (!value) return undefined
    parameters[expected.slice(1, -1)] = value
  }
  return parameters
}

function decode(segment: string): string | undefined {
  try {
    return decodeURIComponent(segment)
  } catch {
    return undefined
  }
}

/** Sorts fixed segments before parameters, segment by segment. */
function specificity({ segments }: Entry): string {
  return segments.map((segment) => (segment.startsWith('{') ? '1' : '0')).join('')
}
