/**
 * Exceptions from AWS's list of good practice. A wildcard is acknowledged as the one it is, on the one role that has it,
 * so that the next wildcard is found again.
 */
import { Stack, Validations } from 'aws-cdk-lib'
import type { Construct } from 'constructs'

export const acknowledge = (construct: Construct, rule: string, reason: string) =>
  Validations.of(construct).acknowledge({ id: `AwsSolutions-${rule}`, reason })

export const acknowledgeWildcard = (construct: Construct, resource: string, reason: string) =>
  acknowledge(construct, `IAM5[Resource::${spelledOut(construct, resource)}]`, reason)

/** An ARN as the rules spell it: what is known only when it is deployed stands in angle brackets. */
const spelledOut = (construct: Construct, arn: string): string => {
  const resolved = Stack.of(construct).resolve(arn) as string | Joined
  if (typeof resolved === 'string') return resolved
  const [separator, parts] = resolved['Fn::Join']
  return parts.map((part) => (typeof part === 'string' ? part : `<${part.Ref}>`)).join(separator)
}

interface Joined {
  'Fn::Join': [string, (string | { Ref: string })[]]
}
