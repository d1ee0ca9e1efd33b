/**
 * The two templates as a deployment would see them, synthesised with empty bundles: what they say does not depend on
 * what lies in those. Functions are called by their files here, because logical ids say nothing.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { bundleFile } from '../../infra/bundle.ts'
import { compose } from '../../infra/compose.ts'
import { functionNames } from '../../infra/source-files.ts'

export interface Resource {
  Type: string
  Properties: Record<string, unknown>
  DeletionPolicy?: string
  UpdateReplacePolicy?: string
}

export interface Template {
  Resources: Record<string, Resource>
  Outputs?: Record<string, { Value: unknown; Export?: { Name: string } }>
}

export class Templates {
  readonly state: Template
  readonly controlPlane: Template

  constructor(state: Template, controlPlane: Template) {
    this.state = state
    this.controlPlane = controlPlane
  }

  /** Resources of both stacks, by logical id. */
  every(type: string): [id: string, resource: Resource][] {
    const all = { ...this.state.Resources, ...this.controlPlane.Resources }
    return Object.entries(all).filter(([, resource]) => resource.Type === type)
  }

  /** Properties of all of a type. */
  of<Properties>(type: string): Properties[] {
    return this.every(type).map(([, resource]) => resource.Properties as Properties)
  }

  find(id: string): Resource {
    const found = this.controlPlane.Resources[id] ?? this.state.Resources[id]
    if (!found) throw new Error(`no resource ${id}`)
    return found
  }

  /** An expression as text; what is known only when it is deployed stands in angle brackets. */
  textOf(expression: unknown): string {
    if (typeof expression === 'string') return expression
    const { 'Fn::Join': joined, 'Fn::ImportValue': name, ...other } = expression as Expression
    if (joined) return joined[1].map((part) => this.textOf(part)).join(joined[0])
    if (name === undefined) return `<${Object.values(other).flat().join('.')}>`
    const exported = Object.values(this.state.Outputs ?? {}).find(
      (each) => each.Export?.Name === name,
    )
    return this.textOf(exported!.Value)
  }

  /** The file of the function that something leads to, in whatever way it names it. */
  fileOf(target: unknown): string {
    const ids = idsIn(target).filter((id) => this.controlPlane.Resources[id]?.Type === lambda)
    if (ids.length !== 1) throw new Error(`${JSON.stringify(target)} names ${ids.length} functions`)
    return String(this.find(ids[0]!).Properties['Description'])
  }
}

export const lambda = 'AWS::Lambda::Function'

/** The logical ids that an expression refers to. */
export function idsIn(expression: unknown): string[] {
  if (typeof expression !== 'object' || expression === null) return []
  const { Ref, 'Fn::GetAtt': attribute } = expression as { Ref?: string; 'Fn::GetAtt'?: string[] }
  if (Ref) return [Ref]
  if (attribute) return [attribute[0]!]
  return Object.values(expression).flatMap(idsIn)
}

interface Expression {
  'Fn::Join'?: [string, unknown[]]
  'Fn::ImportValue'?: string
  [other: string]: unknown
}

/** Synthesises with empty bundles; that alone fails if a rule of AWS's good practice is broken. */
export function synthesise(): Templates {
  const folder = mkdtempSync(join(tmpdir(), 'novacron-synth-'))
  try {
    for (const name of functionNames()) {
      const bundle = join(folder, 'bundles', name)
      mkdirSync(bundle, { recursive: true })
      writeFileSync(join(bundle, bundleFile), '')
    }
    const outdir = join(folder, 'out')
    compose({ bundles: join(folder, 'bundles'), outdir, againstSchemas: false }).synth()
    const template = (stack: string) =>
      JSON.parse(readFileSync(join(outdir, `${stack}.template.json`), 'utf8')) as Template
    return new Templates(template('novacron-state'), template('novacron-control-plane'))
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
