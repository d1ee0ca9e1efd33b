/**
 * The HTTP API: one route for each line of the route table, and one that answers whatever matches none of them. Who may
 * ask what is decided by the functions, from the same table, so the gate knows nothing of keys.
 */
import { CfnOutput, RemovalPolicy } from 'aws-cdk-lib'
import { AccessLogFormat } from 'aws-cdk-lib/aws-apigateway'
import {
  HttpApi,
  HttpMethod,
  HttpRoute,
  HttpRouteKey,
  HttpStage,
  LogGroupLogDestination,
} from 'aws-cdk-lib/aws-apigatewayv2'
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations'
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs'
import { Construct } from 'constructs'
import { routeNames, routeOf } from '../core/contract/api.ts'
import { acknowledge } from './acknowledge.ts'
import type { BundledFunction } from './function.ts'
import { pascalCase, type FunctionName } from '../core/contract/function-name.ts'

/** No header and no body: keys and secrets travel in those. */
const accessLine = AccessLogFormat.custom(
  JSON.stringify({
    requestId: '$context.requestId',
    route: '$context.routeKey',
    status: '$context.status',
    ms: '$context.responseLatency',
    bytes: '$context.responseLength',
    error: '$context.integrationErrorMessage',
  }),
)

export class HttpGate extends Construct {
  readonly api: HttpApi

  constructor(scope: Construct, functions: ReadonlyMap<FunctionName, BundledFunction>) {
    super(scope, 'HttpGate')
    this.api = new HttpApi(this, 'Api', {
      apiName: 'novacron',
      description: 'The API of NovaCron, for people and agents',
      createDefaultStage: false,
    })
    this.#stage()
    for (const name of routeNames) {
      const { caller, method, path } = routeOf(name)
      const key = HttpRouteKey.with(path, HttpMethod[method])
      this.#route(name, key, functions.get(`${caller}/${name}`)!)
    }
    this.#route('refuse-route', HttpRouteKey.DEFAULT, functions.get('api/refuse-route')!)
    new CfnOutput(this, 'Url', { value: this.api.apiEndpoint })
  }

  #stage() {
    const log = new LogGroup(this, 'AccessLog', {
      retention: RetentionDays.THREE_MONTHS,
      removalPolicy: RemovalPolicy.RETAIN,
    })
    new HttpStage(this, 'Stage', {
      httpApi: this.api,
      autoDeploy: true,
      throttle: { rateLimit: 1000, burstLimit: 2000 },
      accessLogSettings: { destination: new LogGroupLogDestination(log), format: accessLine },
    })
  }

  #route(name: string, routeKey: HttpRouteKey, { lambda }: BundledFunction) {
    const route = new HttpRoute(this, pascalCase(name), {
      httpApi: this.api,
      routeKey,
      integration: new HttpLambdaIntegration(pascalCase(`${name}-integration`), lambda),
    })
    acknowledge(
      route,
      'APIG4',
      'the function authenticates every request itself, by API key or host signature',
    )
  }
}
