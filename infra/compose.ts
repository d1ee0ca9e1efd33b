/**
 * The two stacks of NovaCron, for whatever account and region they are deployed to, held against AWS's own list of good
 * practice: what it finds, and what is not acknowledged with a reason, fails the synthesis.
 */
import { App, Tags, Validations } from 'aws-cdk-lib'
import { AwsSolutionsChecks } from 'cdk-nag'
import { ControlPlaneStack } from './control-plane-stack.ts'
import { StateStack } from './state-stack.ts'

export interface ComposeOptions {
  /** Where the bundles lie. */
  bundles: string
  /** Where the templates go. */
  outdir: string
}

export function compose({ bundles, outdir }: ComposeOptions): App {
  const app = new App({ outdir, analyticsReporting: false })
  const state = new StateStack(app, 'novacron-state', {
    description: 'NovaCron: what must survive',
  })
  new ControlPlaneStack(app, 'novacron-control-plane', {
    description: 'NovaCron: what may be rebuilt',
    state,
    bundles,
  })
  Tags.of(app).add('application', 'novacron')
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app))
  return app
}
