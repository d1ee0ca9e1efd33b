/**
 * `npm run synth`: bundles the functions and writes the templates to cdk.out/. It needs no account, no network and no
 * Docker; `cdk deploy` runs this very file.
 */
import { join, relative } from 'node:path'
import { bundleFunctions, bundlesDirectory } from './bundle.ts'
import { compose } from './compose.ts'
import { functionNames, root } from './source-files.ts'

await bundleFunctions(functionNames())
const outdir = process.env.CDK_OUTDIR ?? join(root, 'cdk.out')
const { stacks } = compose({ bundles: bundlesDirectory, outdir, againstSchemas: true }).synth()
for (const { templateFullPath } of stacks) console.error(relative(root, templateFullPath))
