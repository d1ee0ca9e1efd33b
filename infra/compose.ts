/**
 * The two stacks of NovaCron, for whatever account and region they are deployed to, held against AWS's own list of good
 * practice: what it finds, and what is not acknowledged with a reason, fails the synthesis.
 */
import { App, Tags, Validations } from 'aws-cdk-lib'
import { AwsSolutionsChecks } from 'cdk-nag'
import { ControlPlaneStack } from './control-plane-stack.ts'
import { StateStack } from './state-stack.ts'

export interface CheckOptions {
  /** Where the templates go. */
  outdir: string
  /** Hold the templates against CloudFormation's own schemas and rules as well, which takes seconds. */
  againstSchemas: boolean
}

export interface ComposeOptions extends CheckOptions {
  /** Where the bundles lie. */
  bundles: string
}

export function compose({ bundles, ...options }: ComposeOptions): App {
  const app = checked(options)
  const state = new StateStack(app, 'novacron-state', {
    description: 'NovaCron: what must survive',
  })
  new ControlPlaneStack(app, 'novacron-control-plane', {
    description: 'NovaCron: what may be rebuilt',
    state,
    bundles,
  })
  return app
}

/** An app without stacks whose synthesis fails if what is put into it breaks a rule. */
export function checked({ outdir, againstSchemas }: CheckOptions): App {
  const app = new App({
    outdir,
    analyticsReporting: false,
    builtinCloudFormationValidation: againstSchemas,
    context: {
      '@aws-cdk/core:validateAgainstDefaultRules': againstSchemas,
      // What the control plane stands on cannot be taken away from under it.
      '@aws-cdk/core:defaultCrossStackReferences': 'strong',
    },
  })
  Tags.of(app).add('application', 'novacron')
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app))
  return app
}
