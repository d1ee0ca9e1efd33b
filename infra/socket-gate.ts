/**
 * The WebSocket API: the doorbell of agents and watchers. The functions behind it are told where it is before its routes
 * are made of them, so its stage comes first.
 */
import { ArnFormat, Aws, CfnOutput, Stack } from 'aws-cdk-lib'
import { WebSocketApi, WebSocketRoute, WebSocketStage } from 'aws-cdk-lib/aws-apigatewayv2'
import { WebSocketLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations'
import { Construct } from 'constructs'
import { socketRoutes } from '../core/contract/cloud.ts'
import { acknowledge } from './acknowledge.ts'
import type { BundledFunction } from './function.ts'
import { pascalCase, type FunctionName } from '../core/contract/function-name.ts'

const stageName = 'v1'

export class SocketGate extends Construct {
  readonly #api: WebSocketApi
  /** Where functions send to open connections. */
  readonly endpoint: string
  /** All connections of this stage, for whoever may send to them. */
  readonly connections: string

  constructor(scope: Construct) {
    super(scope, 'SocketGate')
    this.#api = new WebSocketApi(this, 'Api', {
      apiName: 'novacron-socket',
      description: 'The doorbell of NovaCron, for watchers and agents',
      routeSelectionExpression: '$request.body.action',
    })
    const stage = new WebSocketStage(this, 'Stage', {
      webSocketApi: this.#api,
      stageName,
      autoDeploy: true,
      throttle: { rateLimit: 1000, burstLimit: 2000 },
    })
    acknowledge(
      stage,
      'APIG1',
      'access logs of a WebSocket API need a role that holds for the whole account and is not ours to set; functions log what they refuse',
    )
    this.endpoint = stage.callbackUrl
    this.connections = Stack.of(this).formatArn({
      service: 'execute-api',
      resource: this.#api.apiId,
      resourceName: `${stageName}/POST/@connections/*`,
      arnFormat: ArnFormat.SLASH_RESOURCE_NAME,
      partition: Aws.PARTITION,
    })
    new CfnOutput(this, 'Url', { value: stage.url })
  }

  open(functions: ReadonlyMap<FunctionName, BundledFunction>) {
    for (const [routeKey, file] of Object.entries(socketRoutes)) {
      const { lambda } = functions.get(`socket/${file}`)!
      const route = new WebSocketRoute(this, pascalCase(file), {
        webSocketApi: this.#api,
        routeKey,
        integration: new WebSocketLambdaIntegration(pascalCase(`${file}-integration`), lambda),
      })
      acknowledge(
        route,
        'APIG4',
        '$connect authenticates by API key or host signature, and every message after it',
      )
    }
  }
}
