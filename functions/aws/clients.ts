/**
 * How the AWS clients are made: each by the one file that speaks to its service, so that a function carries only what
 * it uses. On AWS they are what the SDK makes of the environment. At home the embedded cloud hands in request handlers
 * that answer in this process: no sockets, nothing to sign.
 */

/** The SDK's own request-handler shape, as far as a service at home has to fill it. */
export interface Service {
  handle(
    request: unknown,
    options?: unknown,
  ): Promise<{ response: { statusCode: number; headers: Record<string, string>; body?: unknown } }>
}

export interface HomeCloud {
  dynamodb: Service
  stepFunctions: Service
  keys: Service
  sockets: Service
}

let home: HomeCloud | undefined

/** Called by the embedded cloud before the first function runs. */
export const serveAtHome = (cloud: HomeCloud | undefined) => {
  home = cloud
}

/** A client that is made when it is first needed, and anew when another embedded cloud has taken over. */
export const clientOf = <Client>(make: (home: HomeCloud | undefined) => Client) => {
  let made: { client: Client; at: HomeCloud | undefined } | undefined
  return (): Client => {
    if (!made || made.at !== home) made = { client: make(home), at: home }
    return made.client
  }
}

export const atHome = (service: Service | undefined) =>
  service
    ? {
        requestHandler: service as never,
        region: 'local',
        endpoint: 'http://home.invalid',
        credentials: { accessKeyId: 'home', secretAccessKey: 'home' },
        signer: { sign: async <T>(request: T) => request },
      }
    : {}
