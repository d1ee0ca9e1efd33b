/**
 * The AWS clients, made in one place. On AWS they are what the SDK makes of the environment. At home the embedded
 * cloud hands in request handlers that answer in this process: no sockets, nothing to sign.
 */
import { ApiGatewayManagementApiClient } from '@aws-sdk/client-apigatewaymanagementapi'
import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { KMSClient } from '@aws-sdk/client-kms'
import { SFNClient } from '@aws-sdk/client-sfn'
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb'
import { readConfig } from './config.ts'

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
let made: ReturnType<typeof make> | undefined

/** Called by the embedded cloud before the first function runs. */
export const serveAtHome = (cloud: HomeCloud | undefined) => {
  home = cloud
  made = undefined
}

const atHome = (service: Service | undefined) =>
  service
    ? {
        requestHandler: service as never,
        region: 'local',
        endpoint: 'http://home.invalid',
        credentials: { accessKeyId: 'home', secretAccessKey: 'home' },
        signer: { sign: async <T>(request: T) => request },
      }
    : {}

const make = () => ({
  table: DynamoDBDocumentClient.from(new DynamoDBClient(atHome(home?.dynamodb)), {
    marshallOptions: { removeUndefinedValues: true },
  }),
  workflows: new SFNClient(atHome(home?.stepFunctions)),
  keys: new KMSClient(atHome(home?.keys)),
  sockets: new ApiGatewayManagementApiClient({
    ...atHome(home?.sockets),
    endpoint: home ? 'http://home.invalid' : readConfig().socketEndpoint,
  }),
})

export const clients = () => (made ??= make())
